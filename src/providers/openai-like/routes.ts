/**
 * The routes of OpenAI-format servers that a relay forwards, as their rows define them.
 */
import type { RelayRoutes, RelayRouteTable } from '../../wire/relay-routes.ts'
import { CHAT, COMPLETIONS, RESPONSES } from '../../wire/relay-routes.ts'
import type { OpenAiServer } from '../openai.ts'
import { OPENAI_LIKE } from './servers.ts'

/** Returns the routes of every row. */
export function openAiLikeRoutes(): RelayRouteTable {
  const rows = Object.entries(OPENAI_LIKE)
  return Object.fromEntries(rows.map(([name, row]) => [name, toRoutes(row)]))
}

function toRoutes({ baseURL, rawPrompt, responses, requiresKey }: OpenAiServer): RelayRoutes {
  return {
    baseURL,
    calls: [CHAT, ...(rawPrompt ? [COMPLETIONS] : []), ...(responses ? [RESPONSES] : [])],
    ...(requiresKey !== undefined && { requiresKey }),
    ...(typeof rawPrompt === 'string' && {
      pathOverrides: { '/completions': `${rawPrompt}/completions` },
    }),
  }
}
