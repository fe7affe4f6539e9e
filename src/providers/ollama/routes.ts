/**
 * The routes of an Ollama server that a relay forwards.
 */
import type { RelayRoutes, RelayStream } from '../../wire/relay-routes.ts'

/** @see https://docs.ollama.com/api/errors */
const STREAM: RelayStream = {
  isRequested: ({ body }) => body.stream !== false,
  contentType: 'application/x-ndjson',
  encodeError: ({ status, message }) => `${JSON.stringify({ error: message, code: status })}\n`,
}

export const OLLAMA_ROUTES: RelayRoutes = {
  baseURL: 'http://localhost:11434',
  appendRoot: true,
  // Not `/api/pull`: strangers could fill the disk.
  calls: [/^POST \/api\/(chat|generate)$/, /^GET \/api\/tags$/],
  requiresKey: false,
  stream: STREAM,
}
