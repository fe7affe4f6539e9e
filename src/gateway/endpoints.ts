/**
 * The endpoints of a gateway, each below any path. To add one, add an entry.
 */
import { chatEndpoint, findModel } from './chat-endpoint.ts'
import type { Endpoint } from './exchange.ts'
import { chatCompletions } from './formats/chat-completions.ts'
import { decodeCountRequest, encodeTokenCount, messages } from './formats/messages.ts'
import { responses } from './formats/responses.ts'
import { readJSON } from './limits.ts'
import { encodeModels } from './list-models.ts'

export const ENDPOINTS: readonly Endpoint[] = [
  chatEndpoint(/\/chat\/completions\/?$/, chatCompletions),
  chatEndpoint(/\/responses\/?$/, responses),
  chatEndpoint(/\/messages\/?$/, messages),
  {
    method: 'POST',
    path: /\/messages\/count_tokens\/?$/,
    format: messages,
    answer: async (exchange) => {
      const { settings, request, deadline } = exchange
      const body = await readJSON(request, settings.limits, deadline.signal)
      const decoded = decodeCountRequest(body, settings.limits)
      const count = encodeTokenCount(findModel(exchange, decoded.model), decoded)
      exchange.end({ outcome: 'answered', status: 200 })
      return exchange.respond(count)
    },
  },
  {
    method: 'GET',
    path: /\/models(?:\/(.+?))?\/?$/,
    answer: async (exchange, [, name]) => {
      const { settings, request, env } = exchange
      const names = [...settings.models(env).keys()].filter((one) => exchange.allowsModel(one))
      const body = encodeModels(names, name, {
        isAnthropic: request.headers.has('anthropic-version'),
      })
      exchange.end({ outcome: 'answered', status: 200 })
      return exchange.respond(body)
    },
  },
  {
    method: 'GET',
    // Claude Code looks at the root first.
    path: /\/healthz\/?$|^\/$/,
    isPublic: true,
    answer: async (exchange) => {
      exchange.end({ outcome: 'answered', status: 200 })
      return exchange.respond('{"status":"ok"}')
    },
  },
]
