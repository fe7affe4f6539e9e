/**
 * The routes of DashScope's native API that a relay forwards.
 */
import type { RelayRoutes, RelayStream } from '../../wire/relay-routes.ts'

/** @see https://help.aliyun.com/zh/model-studio/dashscope-api-reference `X-DashScope-SSE` */
const STREAM: RelayStream = {
  isRequested: ({ headers }) =>
    headers.get('x-dashscope-sse') === 'enable' || headers.get('accept') === 'text/event-stream',
  encodeError({ status, code = '', message, body }) {
    const data = JSON.stringify({ code, message, ...body })
    return `id:1\nevent:error\n:HTTP_STATUS/${status}\ndata:${data}\n\n`
  },
}

export const DASHSCOPE_ROUTES: RelayRoutes = {
  baseURL: 'https://dashscope.aliyuncs.com/api/v1',
  appendRoot: true,
  // Its two other APIs; the official SDK corrects such URLs too.
  strippableSuffix: /\/(compatible-mode|apps\/anthropic)(\/.*)?$/,
  calls: [/^POST \/services\/aigc\/(text|multimodal)-generation\/generation$/],
  // The workspace is not forwarded: it determines the billing.
  headers: ['x-dashscope-sse', 'x-dashscope-ossresourceresolve'],
  stream: STREAM,
}
