/**
 * The routes of OpenAI's API that a relay forwards.
 */
import type { RelayRoutes } from '../../wire/relay-routes.ts'
import { CHAT, COMPLETIONS, RESPONSES } from '../../wire/relay-routes.ts'

export const OPENAI_ROUTES: RelayRoutes = {
  baseURL: 'https://api.openai.com/v1',
  calls: [CHAT, COMPLETIONS, RESPONSES],
}
