/**
 * What a simulated vendor must be able to do, and what all of them check alike.
 */
import type { Plan, SimulatedRequest } from './script.ts'
import type { ScriptedError } from './scripted-error.ts'

/** What the server knows of its customers and its goods. */
export interface ServerConfig {
  /** The keys that open; `undefined`: any key does. Short-lived tokens are added to them. */
  keys: Set<string> | undefined
  /** False for a server that asks for no key, as local ones do. */
  asksKey: boolean
  /** The models on offer; `undefined`: every one. */
  models: readonly string[] | undefined
}

/**
 * One vendor's manners. Written from its wire page and from recordings, never from our own
 * providers.
 */
export interface Vendor {
  /** The id of an answer, in the vendor's manner. */
  createId(number: number): string
  /** Headers of every answer, by its id. */
  headers(id: string): Record<string, string>
  contentTypes: { stream: string; json: string }
  /** What comes while there is nothing to say in a stream. */
  keepAlive: string
  /** The status of a preflight where CORS is off. */
  preflightStatus: number
  /** True for a request that asks for a stream. */
  isStream(request: SimulatedRequest): boolean
  /** Why the vendor would not serve this request. */
  check(request: SimulatedRequest, account: ServerConfig): Failure | Promise<Failure>
  /** The answer of a path where nobody chats (tokens, models); `undefined` for the others. */
  serve(request: SimulatedRequest, account: ServerConfig): unknown
  /** The frames of a streamed answer, whole with their blank lines. */
  frames(request: SimulatedRequest, plan: Plan): Iterable<string>
  /** The body of an answer that is not streamed. */
  whole(request: SimulatedRequest, plan: Plan): unknown
  /** The body of a refusal. */
  error(error: ScriptedError, id: string): unknown
}

/** A refusal, or nothing to complain about. */
export type Failure = ScriptedError | undefined

/** A JSON object of which nothing is known yet. */
export type Json = Record<string, unknown>

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The path, without the query. */
export function pathOf(request: SimulatedRequest): string {
  return new URL(request.url).pathname
}

/** The key behind `Bearer`. */
export function bearerOf(request: SimulatedRequest): string | undefined {
  return /^Bearer +(\S+)$/i.exec(request.headers['authorization'] ?? '')?.[1]
}

/** True for a body that is a JSON object and says so. */
export function isJson(request: SimulatedRequest): boolean {
  return isObject(request.body) && /\bjson\b/.test(request.headers['content-type'] ?? '')
}

/** Messages as a list of objects; `undefined` for anything else. */
export function messagesOf(value: unknown): Json[] | undefined {
  return Array.isArray(value) && value.every(isObject) ? value : undefined
}

/** The ids that an assistant message calls. */
export function callIdsOf(message: Json): unknown[] {
  return Array.isArray(message['tool_calls']) ? message['tool_calls'].map((call) => call?.id) : []
}

/**
 * The place of the first tool message that answers no call of the assistant message before it, or
 * -1.
 */
export function findOrphan(messages: readonly Json[]): number {
  let open: unknown[] = []
  return messages.findIndex((message) => {
    if (message['role'] === 'tool') return !open.includes(message['tool_call_id'])
    open = callIdsOf(message)
    return false
  })
}

/** A number that is not in the range; anything that is no number counts as absent. */
export function isOutside(value: unknown, low: number, high: number): boolean {
  return typeof value === 'number' && (value < low || value > high)
}

/**
 * The text of a refusal's code and message: as scripted, else the vendor's for that status, else
 * its 500.
 */
export function errorText(
  error: ScriptedError,
  table: Readonly<Record<number, readonly [string, string]>>,
): [code: string, message: string] {
  const [code, message] = table[error.status ?? 500] ?? table[500] ?? ['', '']
  return [error.code ?? code, error.message ?? message]
}
