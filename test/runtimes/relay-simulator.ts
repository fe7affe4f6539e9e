/**
 * Serves a simulator of `chatwire/testing` over a real socket.
 */
import type { ServerResponse } from 'node:http'
import { simulate } from 'chatwire/testing'
import type { Seen, Simulated } from '../portable/connect.ts'

type Handler = (request: Request) => Promise<Response> | Response

export async function relaySimulator(
  lane: { handler?: Handler },
  { simulate: server, script }: Simulated,
  seen: Seen,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  lane.handler ??= simulate(server as 'openai', script as never).handler as Handler
  const { method, headers, body } = seen
  const request = new Request(new URL(seen.url, 'http://simulated'), {
    method,
    headers,
    ...(method === 'POST' && { body }),
    signal,
  })
  const answer = await lane.handler(request)
  response.writeHead(answer.status, Object.fromEntries(dropCors(answer.headers)))
  response.flushHeaders()
  const reader = (answer.body ?? new Blob().stream()).getReader()
  // The simulator must notice a disconnect too, even while it is silent.
  signal.addEventListener('abort', () => void reader.cancel().catch(() => {}))
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done || signal.aborted) break
      await new Promise<void>((resolve, reject) =>
        response.write(value, (error) => (error ? reject(error) : resolve())),
      )
      seen.sent += value.length
    }
    response.end()
  } catch {
    // A body that errors is how a simulator breaks a connection.
    response.socket?.resetAndDestroy()
  }
}

/** CORS is this server's affair: the simulator knows nothing of the page's origin. */
function dropCors(headers: Headers): [string, string][] {
  return [...headers].filter(([name]) => !name.startsWith('access-control-'))
}
