/**
 * One call on its way to its server, and the answer on its way back.
 */
import { redact } from '../call.ts'
import { resolveKey } from '../env.ts'
import type { Fetch } from '../options.ts'
import { TokenSigner } from '../wire/zhipu-token.ts'
import { readBytes } from '../edge/read-body.ts'
import { HttpError } from '../edge/http-error.ts'
import { checkModels, readRequest } from './request-body.ts'
import type { RelayCall } from './match-route.ts'

/** Largest error body that is passed on, in bytes. */
const ERROR_BYTES = 65_536

/** A call, and what is needed to make it. */
export interface Forward {
  request: Request
  call: RelayCall
  /** Of every answer. */
  headers: Record<string, string>
  /** Of the servers that are sent tokens, by name. */
  signers: Map<string, TokenSigner>
  options: {
    fetch?: Fetch | undefined
    limits?: { maxBodyBytes?: number | undefined } | undefined
  }
}

/** @throws {HttpError} for what must not pass, in either direction */
export async function forward(work: Forward): Promise<Response> {
  const { request, call, headers, options } = work
  const limit = options.limits?.maxBodyBytes ?? 4_194_304
  const given = request.method === 'POST' ? await readRequest(request, limit) : undefined
  const body = checkModels(call, given)
  const { sent, secrets } = await putKey(work)
  const controller = new AbortController()
  const { signal } = request
  const leave = () => controller.abort(signal.reason)
  if (signal?.aborted) leave()
  else signal?.addEventListener('abort', leave)
  const fetch = options.fetch ?? globalThis.fetch.bind(globalThis)
  let answer: Response
  try {
    answer = await fetch(call.url, {
      method: request.method,
      headers: sent,
      ...(body && { body }),
      // A key in a header of its own would travel along.
      redirect: 'manual',
      signal: controller.signal,
    })
  } catch (cause) {
    signal?.removeEventListener('abort', leave)
    throw failed('server_unreachable', 'The server cannot be reached', cause, true)
  }
  return passOn(answer, headers, secrets)
}

/** The headers that are sent: what may pass of the caller's, and the key. */
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
  for (const [header, value] of Object.entries(target.headers ?? {})) sent.set(header, value)
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

/** Headers of an answer that a client reads; who we are at the vendor's is none of them. */
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

/** What cannot harm a page that shares its origin with the relay. */
const HARMLESS = /^(application\/([\w.-]+\+)?(json|x-ndjson)|text\/(event-stream|plain))\b/i

async function passOn(
  answer: Response,
  own: Record<string, string>,
  secrets: readonly string[],
): Promise<Response> {
  const { status, type, body } = answer
  if (type === 'opaqueredirect' || (status >= 300 && status < 400) || status === 401) {
    body?.cancel().catch(() => {}) // its words are about us, or lead elsewhere
    const cause = new Error(`The server answered ${status || 'with a redirect'}`)
    if (status !== 401) throw failed('server_redirects', 'The server redirects', cause)
    throw failed('relay_key_refused', "The server refuses the relay's key", cause)
  }
  const headers = new Headers(own)
  for (const name of PASSED) {
    const value = answer.headers.get(name)
    if (value !== null) headers.set(name, redact(value, secrets))
  }
  const contentType = answer.headers.get('content-type') ?? ''
  headers.set('content-type', HARMLESS.test(contentType) ? contentType : 'text/plain')
  if (answer.ok) return new Response(body, { status, headers })
  const { bytes } = await readBytes(body, ERROR_BYTES)
  const words = redact(new TextDecoder().decode(bytes), secrets)
  return new Response(words, { status, headers })
}

/** A failure on our side, which the caller cannot mend. */
function failed(code: string, message: string, cause: unknown, retryable = false): HttpError {
  return Object.assign(new HttpError({ status: 502, code, message, retryable }), { cause })
}
