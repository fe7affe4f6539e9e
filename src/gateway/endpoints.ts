/**
 * The endpoints of a gateway, each below any path. To add one, add an entry.
 */
import { chatEndpoint } from './chat-endpoint.ts'
import type { Endpoint } from './exchange.ts'
import { chatCompletions } from './formats/chat-completions.ts'
import { encodeModels } from './list-models.ts'

export const ENDPOINTS: readonly Endpoint[] = [
  chatEndpoint(/\/chat\/completions\/?$/, chatCompletions),
  {
    method: 'GET',
    path: /\/models(?:\/(.+?))?\/?$/,
    answer: async (exchange, [, name]) => {
      const { models } = exchange.settings
      const body = encodeModels([...models(exchange.env).keys()], name)
      exchange.end({ outcome: 'answered', status: 200 })
      return exchange.respond(body)
    },
  },
  {
    method: 'GET',
    path: /\/healthz$/,
    isPublic: true,
    answer: async (exchange) => {
      exchange.end({ outcome: 'answered', status: 200 })
      return exchange.respond('{"status":"ok"}')
    },
  },
]
