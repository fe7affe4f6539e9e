/**
 * Forwards one request to its server, and the response back.
 */
import { redact } from '../redact.ts'
import type { Deadline } from '../edge/deadline.ts'
import type { ErrorBody } from '../edge/http-error.ts'
import { HttpError } from '../edge/http-error.ts'
import type { ResentRequests } from '../edge/resent-requests.ts'
import type { BodyLimits } from '../edge/read-body.ts'
import { readBytes } from '../edge/read-body.ts'
import { traceHeaders } from '../edge/traceparent.ts'
import { resolveKey } from '../api-key.ts'
import { TimeoutError } from '../errors.ts'
import type { Fetch } from '../options.ts'
import { TokenSigner } from '../wire/zhipu-token.ts'
import type { ForwardEnd } from './forward-end.ts'
import { keepAlive, pingOf } from './keep-alive.ts'
import type { RelayCall } from './match-route.ts'
import { checkModels, readRequest } from './request-body.ts'
import { meterBody } from './response-body.ts'

/** Maximum size of an error body that is forwarded, in bytes. */
const ERROR_BYTES = 65_536

/** A request and what is needed to forward it. */
export interface Forward {
  request: Request
  call: RelayCall
  /** Headers of every response. */
  headers: Record<string, string>
  /** Signers by name, for servers that receive short-lived tokens. */
  signers: Map<string, TokenSigner>
  fetch: Fetch | undefined
  limits: BodyLimits & { maxResponseBytes: number }
  deadline: Deadline
  /** Longest silence before a streamed answer, in milliseconds, or `false` for any. */
  pingInterval: number | false
  requestId: string
  /** Value that `authorize` returned. */
  caller: unknown
  /** The responses that may be asked for again. */
  resends: ResentRequests
  /** Called once if the server responded. */
  onEnd: (end: ForwardEnd) => void
  /** Called with a failure after the response has begun. Returns what callers see of it. */
  onFailure: (thrown: unknown) => ErrorBody
}

/** @throws {HttpError} for a request or response that must not be forwarded */
export async function forward(work: Forward): Promise<Response> {
  const { request, call, limits, deadline } = work
  const given =
    request.method === 'POST' ? await readRequest(request, limits, deadline.signal) : undefined
  const body = checkModels(call, given)
  let isComplete = false
  const onEnd = (end: ForwardEnd) => {
    isComplete = end.outcome === 'answered' && end.status < 400
    work.onEnd(end)
  }
  const asked = {
    request,
    caller: work.caller,
    body,
    deadline,
    headers: work.headers,
    isComplete: () => isComplete,
    onRepeated: (outcome: ForwardEnd['outcome'], status: number) =>
      work.onEnd({ outcome, status, responseBytes: 0, usage: undefined, resent: true }),
  }
  return work.resends.answer(asked, () => {
    return keepAlive(answer({ ...work, onEnd }, body), { ...work, body })
  })
}

async function answer(work: Forward, body: Uint8Array<ArrayBuffer> | undefined): Promise<Response> {
  try {
    return await send(work, body)
  } catch (error) {
    if (work.deadline.hasLeft)
      work.onEnd({ outcome: 'left', status: 499, responseBytes: 0, usage: undefined })
    throw error
  }
}

async function send(work: Forward, body: Uint8Array<ArrayBuffer> | undefined): Promise<Response> {
  const { request, call, deadline } = work
  const { sent, secrets } = await deadline.race(putKey(work))
  const fetch = work.fetch ?? globalThis.fetch.bind(globalThis)
  let response: Response
  try {
    const sending = fetch(call.url, {
      method: request.method,
      headers: sent,
      ...(body && { body }),
      // A redirect would carry along a key in a custom header.
      redirect: 'manual',
      signal: deadline.signal,
    })
    response = await deadline.race(sending)
  } catch (cause) {
    if (deadline.signal.reason instanceof TimeoutError) throw deadline.signal.reason
    throw failed('server_unreachable', 'The server is unreachable', { cause, retryable: true })
  }
  return passOn(response, work, secrets)
}

/** Returns the headers to send: the caller's allowed ones, and the key. */
async function putKey({
  request,
  call,
  signers,
}: Forward): Promise<{ sent: Headers; secrets: string[] }> {
  const { name, server, target, url } = call
  const { apiKey } = target
  const sent = new Headers()
  for (const header of ['accept', 'content-type', ...(server.headers ?? [])]) {
    const value = request.headers.get(header)
    if (value !== null) sent.set(header, value)
  }
  const more = { ...traceHeaders(request), ...target.headers }
  for (const [header, value] of Object.entries(more)) sent.set(header, value)
  const config = { model: '', apiKey: apiKey ?? '' }
  const required = server.requiresKey !== false && !target.baseURL
  const key = await resolveKey({ config, provider: name, variables: [], url, required })
  if (!key) return { sent, secrets: [] }
  let token = key
  if (target.auth === 'jwt') {
    const signer = signers.get(name) ?? new TokenSigner()
    signers.set(name, signer)
    token = await signer.sign(key)
  }
  const { keyHeader, bearer } = server
  if (keyHeader && !bearer?.test(token)) sent.set(keyHeader, token)
  else sent.set('authorization', `Bearer ${token}`)
  return { sent, secrets: [key, token] }
}

/** Response headers that clients read; none of them identifies the operator's account. */
const PASSED = [
  'retry-after',
  'retry-after-ms',
  'x-should-retry',
  'x-request-id',
  'request-id',
  'apim-request-id',
  'x-generation-id',
  'x-siliconcloud-trace-id',
]

/** Content types that cannot harm a page of the relay's own origin. */
const HARMLESS = /^(application\/([\w.-]+\+)?(json|x-ndjson)|text\/(event-stream|plain))\b/i

async function passOn(
  response: Response,
  { headers: own, limits, deadline, onEnd, pingInterval }: Forward,
  secrets: readonly string[],
): Promise<Response> {
  const { status, type, body } = response
  if (type === 'opaqueredirect' || (status >= 300 && status < 400) || status === 401) {
    body?.cancel().catch(() => {}) // it describes our key, or points elsewhere
    const cause = new Error(`The server responded with ${status || 'a redirect'}`)
    onEnd({ outcome: 'failed', status, responseBytes: 0, usage: undefined })
    if (status !== 401) throw failed('server_redirects', 'The server redirects', { cause })
    throw failed('relay_key_refused', "The server rejected the relay's key", { cause })
  }
  const headers = new Headers(own)
  for (const name of PASSED) {
    const value = response.headers.get(name)
    if (value !== null) headers.set(name, redact(value, secrets))
  }
  const contentType = response.headers.get('content-type') ?? ''
  headers.set('content-type', HARMLESS.test(contentType) ? contentType : 'text/plain')
  if (response.ok) {
    const metered = meterBody(body, {
      limit: limits.maxResponseBytes,
      deadline,
      ping: pingOf(contentType),
      pingInterval,
      onEnd: (end) => onEnd({ ...end, status }),
    })
    return new Response(metered, { status, headers })
  }
  const { bytes } = await readBytes(body, ERROR_BYTES, deadline.signal)
  const message = redact(new TextDecoder().decode(bytes), secrets)
  onEnd({ outcome: 'answered', status, responseBytes: bytes.length, usage: undefined })
  return new Response(message, { status, headers })
}

/** A failure on the relay's side, which the caller cannot fix. */
function failed(
  code: string,
  message: string,
  { cause, retryable = false }: { cause?: unknown; retryable?: boolean },
): HttpError {
  return new HttpError({ status: 502, code, message, retryable }, { cause })
}
