/**
 * The routes of DashScope's native API that a relay forwards.
 */
import type { RelayRoutes } from '../../wire/relay-routes.ts'

export const DASHSCOPE_ROUTES: RelayRoutes = {
  baseURL: 'https://dashscope.aliyuncs.com/api/v1',
  appendRoot: true,
  // Its two other APIs; the official SDK corrects such URLs too.
  strippableSuffix: /\/(compatible-mode|apps\/anthropic)(\/.*)?$/,
  calls: [/^POST \/services\/aigc\/(text|multimodal)-generation\/generation$/],
  // The workspace is not forwarded: it determines the billing.
  headers: ['x-dashscope-sse', 'x-dashscope-ossresourceresolve'],
}
