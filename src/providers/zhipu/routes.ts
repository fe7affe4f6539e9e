/**
 * The routes of Zhipu's API that a relay forwards.
 */
import type { RelayRoutes } from '../../wire/relay-routes.ts'
import { CHAT } from '../../wire/relay-routes.ts'

export const ZHIPU_ROUTES: RelayRoutes = {
  baseURL: 'https://open.bigmodel.cn/api/paas/v4',
  calls: [CHAT],
  signedTokens: true,
}
