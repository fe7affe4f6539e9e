/**
 * Simulates a vendor's server from a script: as a `fetch`, or as a `Request => Response` handler.
 */
import { markSimulated } from '../api-key.ts'
import { ConfigError, isChatError } from '../errors.ts'
import { isList, isRecord } from '../is-record.ts'
import { reasonOf } from '../reason-of.ts'
import { anthropic } from './anthropic.ts'
import { dashscope } from './dashscope.ts'
import { checkFault, createBody, toSteps, type Fault } from './faults.ts'
import { gemini } from './gemini.ts'
import { ollama } from './ollama.ts'
import { openai } from './openai.ts'
import { openaiResponses } from './openai-responses.ts'
import { toPlan, toReply, type Reply, type Script, type SimulatedRequest } from './script.ts'
import type { ScriptedError } from './scripted-error.ts'
import type { ServerConfig, Vendor } from './vendor.ts'
import { zhipu } from './zhipu.ts'

/**
 * The wire format to simulate. `ollama` includes its model list, raw prompts and downloads, each of which
 * consumes a reply.
 */
export type SimulatedVendor =
  | 'dashscope'
  | 'zhipu'
  | 'openai'
  | 'openai_responses'
  | 'anthropic'
  | 'gemini'
  | 'ollama'

/** Options of a simulated server. */
export interface SimulatorOptions {
  /**
   * The only valid key. Zhipu then also verifies the signature of a JWT. `false`: no key is required, as on local
   * servers. By default any key is valid, but one is required (except by Ollama).
   */
  key?: string | false | undefined
  /** The models on offer; any other is rejected. By default every name is valid. */
  models?: readonly string[] | undefined
  /**
   * Allows cross-origin requests. DashScope and Zhipu themselves do not.
   * @default false
   */
  cors?: boolean | undefined
}

/** A `fetch` that reaches the simulated vendor at any host. */
export interface Simulator {
  (input: Request | string | URL, init?: RequestInit): Promise<Response>
  /** The same server as a request handler (`Deno.serve`, `Bun.serve`, a Worker, …). */
  readonly handler: (request: Request) => Promise<Response>
  /** The requests so far, oldest first, without preflights. Only the last 1000 are kept. */
  readonly requests: SimulatedRequest[]
  /** Replaces the script, from the next request on. */
  use(script: Script): void
}

/**
 * Simulates a vendor: validates requests as strictly as the vendor does, and replies from the script.
 *
 * @throws {TypeError} for a script with an unknown property or fault, or an unknown option
 * @example
 * const fetch = simulate('dashscope', ['Hello there', { error: { status: 429 } }, 'Hello again'])
 * const llm = getChatModel({ model: 'qwen-max', modelServer: 'dashscope', apiKey: 'sk-test', fetch })
 */
export function simulate(
  vendor: SimulatedVendor,
  script: Script = 'Hello from the simulator',
  options: SimulatorOptions = {},
): Simulator {
  if (!Object.hasOwn(VENDORS, vendor)) {
    const names = Object.keys(VENDORS).join(', ')
    throw new TypeError(
      `No simulator for "${vendor}": take one of ${names}; "openai" for other servers of its format`,
    )
  }
  const unknown = isRecord(options) && Object.keys(options).find((name) => !OPTIONS.has(name))
  if (unknown !== undefined)
    throw new TypeError(
      unknown === false ? 'options must be an object' : `Unknown option: "${unknown}"`,
    )
  const server = new Server(VENDORS[vendor], options)
  server.use(script)
  const fetch = async (input: Request | string | URL, init?: RequestInit): Promise<Response> => {
    // A copy would follow the original's signal, which undici drops on garbage collection.
    const whole = input instanceof Request && Object.keys(init ?? {}).length === 0
    const request = whole ? input : new Request(input, init)
    const response = await server.respond(request)
    // The message of fetch for a connection that cannot be opened.
    if (!response) throw new TypeError('Failed to fetch')
    return response
  }
  const handler = async (request: Request): Promise<Response> =>
    (await server.respond(request)) ?? new Response('Bad gateway', { status: 502 })
  const use = (next: Script): void => server.use(next)
  return Object.assign(markSimulated(fetch), { handler, requests: server.requests, use })
}

const VENDORS: Record<SimulatedVendor, Vendor> = {
  dashscope,
  zhipu,
  openai,
  openai_responses: openaiResponses,
  anthropic,
  gemini,
  ollama,
}
// Detects misspelled options.
const OPTIONS: ReadonlySet<string> = new Set<keyof SimulatorOptions>(['key', 'models', 'cors'])
const MOST_REQUESTS = 1000

class Server {
  readonly requests: SimulatedRequest[] = []
  readonly #vendor: Vendor
  readonly #account: ServerConfig
  readonly #cors: boolean
  #draw: (request: SimulatedRequest) => Promise<Reply> | Reply = () => ({})
  #count = 0

  constructor(vendor: Vendor, { key, models, cors = false }: SimulatorOptions) {
    this.#vendor = vendor
    this.#account = { keys: key ? new Set([key]) : undefined, asksKey: key !== false, models }
    this.#cors = cors
  }

  use(script: Script): void {
    if (typeof script === 'function') {
      this.#draw = async (request) => {
        try {
          return checkReply(toReply(await script(request)))
        } catch (cause) {
          // As an error of `fetch` it would pass for one of the connection, and be retried.
          if (isChatError(cause)) throw cause
          const problem = `The function passed to simulate() failed: ${reasonOf(cause)}`
          throw new ConfigError('invalid_config', problem, { cause })
        }
      }
      return
    }
    const answers = typeof script === 'string' || !isList(script) ? [script] : script
    const replies = answers.map((answer) => checkReply(toReply(answer)))
    if (!replies.length) throw new TypeError('A script needs at least one reply')
    let next = 0
    this.#draw = () => replies[Math.min(next++, replies.length - 1)] ?? {}
  }

  /** Returns the response, or `undefined` for a refused connection. */
  async respond(request: Request): Promise<Response | undefined> {
    request.signal.throwIfAborted()
    if (request.method === 'OPTIONS') return this.#preflight(request)
    const seen = await readRequest(request)
    this.requests.push(seen)
    if (this.requests.length > MOST_REQUESTS) this.requests.shift()
    const number = ++this.#count
    const id = this.#vendor.createId(number)
    const failure = await this.#vendor.check(seen, this.#account)
    if (failure) return this.#refuse(failure, id)
    const served = this.#vendor.serve(seen, this.#account)
    if (served !== undefined) return this.#create(JSON.stringify(served), { id })
    return this.#reply(await this.#draw(seen), { request, seen, id, number })
  }

  async #reply(
    reply: Reply,
    { request, seen, id, number }: IncomingRequest,
  ): Promise<Response | undefined> {
    const faults = [reply.fault ?? []].flat()
    const late = faults.find((fault) => fault.kind === 'delayHeaders')
    if (late) await wait(late.ms, request.signal)
    seen.cancelled = request.signal.aborted
    request.signal.throwIfAborted()
    if (faults.some((fault) => fault.kind === 'refuse')) return undefined
    const page = faults.find((fault) => fault.kind === 'html')
    const html = { id, status: page?.status ?? 200, type: 'text/html' }
    if (page) return this.#create(PAGE, html)
    const streamed = this.#vendor.isStream(seen)
    const type = streamed ? this.#vendor.contentTypes.stream : undefined
    if (faults.some((fault) => fault.kind === 'empty')) return this.#create('', { id, type })
    const error = faults.find((fault) => fault.kind === 'status') ?? reply.error
    if (error && !(error.inStream && streamed)) return this.#refuse(error, id, reply.headers)

    const plan = toPlan(reply, seen, id, number)
    const frames = streamed
      ? this.#vendor.frames(seen, plan)
      : halve(JSON.stringify(this.#vendor.whole(seen, plan)))
    const keepAlive = streamed ? this.#vendor.keepAlive : '\n'
    const steps = toSteps({ frames, delayMs: reply.delayMs ?? 0, faults, keepAlive })
    const body = createBody(steps, { request, onLeave: () => void (seen.cancelled = true) })
    return this.#create(body, { id, type, headers: reply.headers })
  }

  #refuse(error: ScriptedError, id: string, headers?: Record<string, string>): Response {
    const body = error.body ?? this.#vendor.error(error, id)
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    return this.#create(text, {
      id,
      status: error.status ?? 500,
      headers: { ...headers, ...error.headers },
    })
  }

  #create(body: BodyInit, { id, status = 200, type, headers }: Made): Response {
    const origin = this.#cors && { 'access-control-allow-origin': '*', ...EXPOSED }
    const all = {
      'content-type': type ?? this.#vendor.contentTypes.json,
      ...this.#vendor.headers(id),
      ...origin,
      ...headers,
    }
    return new Response(body, { status, headers: all })
  }

  #preflight(request: Request): Response {
    if (!this.#cors) return new Response(null, { status: this.#vendor.preflightStatus })
    const asked = request.headers.get('access-control-request-headers')
    const headers = {
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, POST, OPTIONS',
      'access-control-allow-headers': asked ?? 'authorization, content-type',
    }
    return new Response(null, { status: 204, headers })
  }
}

// OpenAI exposes only this header to browsers, so pages cannot read its Retry-After.
const EXPOSED = { 'access-control-expose-headers': 'X-Request-ID' }
const PAGE =
  '<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>\n'

interface IncomingRequest {
  request: Request
  seen: SimulatedRequest
  id: string
  number: number
}

interface Made {
  id: string
  status?: number
  type?: string | undefined
  headers?: Record<string, string> | undefined
}

function checkReply(reply: Reply): Reply {
  for (const fault of [reply.fault ?? []].flat() as Fault[]) checkFault(fault)
  return reply
}

async function readRequest(request: Request): Promise<SimulatedRequest> {
  const { url, method } = request
  const headers = Object.fromEntries(request.headers)
  const text = await request.text()
  return { url, method, headers, body: parseJSON(text), cancelled: false }
}

function parseJSON(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Each vendor reports an invalid body in its own words.
    return undefined
  }
}

/** Splits a text in half, but never inside a surrogate pair, which would not survive encoding. */
function halve(text: string): string[] {
  const middle = text.length >> 1
  const end = (text.codePointAt(middle - 1) ?? 0) > 0xffff ? middle + 1 : middle
  return [text.slice(0, end), text.slice(end)]
}

/** Resolves after `ms`, or as soon as the signal aborts. */
function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end)
  })
}
