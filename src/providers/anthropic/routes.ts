/**
 * The routes of Anthropic's API that a relay forwards.
 */
import type { RelayRoutes } from '../../wire/relay-routes.ts'

export const ANTHROPIC_ROUTES: RelayRoutes = {
  baseURL: 'https://api.anthropic.com/v1',
  appendRoot: true,
  calls: [/^POST \/messages$/],
  keyHeader: 'x-api-key',
  bearer: /^sk-ant-oat/,
  headers: ['anthropic-version', 'anthropic-beta'],
}
