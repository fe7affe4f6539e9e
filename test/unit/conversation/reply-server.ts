/**
 * A server of resumable replies, as its wire is documented: numbered events, `reply` and `after`, DELETE.
 */
import type { StreamEvent } from '../../../src/event.ts'

/** A server that a conversation reaches by `fetch`, and what it has seen. */
export interface ReplyServer {
  fetch: (url: string, init?: RequestInit) => Promise<Response>
  /** Bodies of the POSTs. */
  asked: { messages: unknown[]; [member: string]: unknown }[]
  /** `METHOD query` of every request. */
  requests: string[]
  /** Ids of the replies that were ended by DELETE. */
  ended: string[]
  /** Forgets all replies. */
  forget: () => void
}

/** Options of `createReplyServer`. */
export interface ReplyServerOptions {
  /** Cuts the connection of the nth response after this many bytes. */
  cutAfter?: (response: number) => number | undefined
  /** False for a server whose replies end with their connection. */
  isResumable?: boolean
  /** Sends nothing after the last event and keeps the connection open. */
  isStalled?: boolean
  /** Refuses the nth request. */
  refuse?: (request: number) => Response | undefined
}

/** Encodes events as they are sent. */
export function encode(events: readonly StreamEvent[], after = 0): Uint8Array {
  const frames = events.map((event, index) => [index + 1, JSON.stringify(event)] as const)
  const text = frames
    .filter(([id]) => id > after)
    .map(([id, data]) => `id: ${id}\ndata: ${data}\n\n`)
    .join('')
  return new TextEncoder().encode(text)
}

/** Answers each POST with the next of these replies. */
export function createReplyServer(
  replies: readonly (readonly StreamEvent[])[],
  options: ReplyServerOptions = {},
): ReplyServer {
  const { cutAfter, isResumable = true, isStalled, refuse } = options
  const kept = new Map<string, readonly StreamEvent[]>()
  let responses = 0
  const respond = (id: string, after: number) => {
    const bytes = encode(kept.get(id) ?? [], after)
    const limit = cutAfter?.(responses++)
    let isSent = false
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (!isSent) {
          isSent = true
          return controller.enqueue(bytes.slice(0, limit))
        }
        if (limit !== undefined) controller.error(new TypeError('terminated'))
        else if (!isStalled) controller.close()
        else return new Promise(() => {})
      },
    })
    const headers: Record<string, string> = { 'content-type': 'text/event-stream' }
    if (isResumable) headers['chatwire-reply-id'] = id
    return new Response(body, { headers })
  }
  const server: ReplyServer = {
    asked: [],
    requests: [],
    ended: [],
    forget: () => kept.clear(),
    async fetch(url, init = {}) {
      const { method = 'GET', signal } = init
      signal?.throwIfAborted()
      const { search, searchParams } = new URL(url, 'https://app.example')
      server.requests.push(`${method}${search}`)
      const refused = refuse?.(server.requests.length - 1)
      if (refused) return refused
      const id = searchParams.get('reply')
      if (method === 'POST') {
        const body = JSON.parse(String(init.body))
        const created = `r${server.asked.push(body)}`
        kept.set(created, replies[server.asked.length - 1] ?? [])
        return respond(created, 0)
      }
      if (id === null || !kept.has(id)) return new Response('Not found', { status: 404 })
      if (method === 'GET') return respond(id, Number(searchParams.get('after')))
      server.ended.push(id)
      kept.delete(id)
      return new Response(null, { status: 204 })
    },
  }
  return server
}

/** The events of a reply of text. */
export function say(text: string): StreamEvent[] {
  const usage = { promptTokens: 1, completionTokens: 2, totalTokens: 3 }
  return [
    ...text.split(/(?<= )/).map((piece): StreamEvent => ({ type: 'text-delta', text: piece })),
    { type: 'usage', usage },
    {
      type: 'finish',
      finishReason: 'stop',
      response: { model: 'a-model', provider: 'a-server', attempts: [] },
    },
  ]
}
