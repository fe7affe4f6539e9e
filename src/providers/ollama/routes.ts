/**
 * The routes of an Ollama server that a relay forwards.
 */
import type { RelayRoutes } from '../../wire/relay-routes.ts'

export const OLLAMA_ROUTES: RelayRoutes = {
  baseURL: 'http://localhost:11434',
  appendRoot: true,
  // Not `/api/pull`: strangers could fill the disk.
  calls: [/^POST \/api\/(chat|generate)$/, /^GET \/api\/tags$/],
  requiresKey: false,
}
