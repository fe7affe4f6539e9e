/**
 * The interface of a simulated vendor, and the checks that vendors share.
 */
import type { Plan, SimulatedRequest } from './script.ts'
import type { ScriptedError } from './scripted-error.ts'

/** The keys and models of a simulated server. */
export interface ServerConfig {
  /** Valid keys, including issued short-lived tokens. `undefined`: any key is valid. */
  keys: Set<string> | undefined
  /** False for a server that requires no key, as local ones do. */
  asksKey: boolean
  /** The models on offer. `undefined`: all. */
  models: readonly string[] | undefined
}

/** A vendor. Implemented from its wire documentation and recordings, never from our providers. */
export interface Vendor {
  /** Creates the id of a reply, in the vendor's format. */
  createId(number: number): string
  /** Returns the headers of a response with this id. */
  headers(id: string): Record<string, string>
  contentTypes: { stream: string; json: string }
  /** The keep-alive sent while a stream is silent. */
  keepAlive: string
  /** The status of a preflight while CORS is off. */
  preflightStatus: number
  /** True if the request asks for a stream. */
  isStream(request: SimulatedRequest): boolean
  /** Returns the error for a request that the vendor rejects. */
  check(request: SimulatedRequest, account: ServerConfig): Failure | Promise<Failure>
  /** Serves the endpoints that are not chats (tokens, models). Returns `undefined` for other paths. */
  serve(request: SimulatedRequest, account: ServerConfig): unknown
  /** Encodes a streamed reply as frames, including their blank lines. */
  frames(request: SimulatedRequest, plan: Plan): Iterable<string>
  /** Encodes a buffered reply. */
  whole(request: SimulatedRequest, plan: Plan): unknown
  /** Encodes the body of an error. */
  error(error: ScriptedError, id: string): unknown
}

/** An error, or `undefined` for a valid request. */
export type Failure = ScriptedError | undefined

/** A JSON object with unknown properties. */
export type Json = Record<string, unknown>

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** True for a text that matches. `RegExp.test` takes a missing name for the text "undefined". */
export function matches(pattern: RegExp, value: unknown): boolean {
  return typeof value === 'string' && pattern.test(value)
}

/** Returns a copy without the members that are `null`. */
export function dropNulls(members: Json): Json {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null))
}

/** Returns the path without the query. */
export function pathOf(request: SimulatedRequest): string {
  return new URL(request.url).pathname
}

/** Returns the `Bearer` token. */
export function bearerOf(request: SimulatedRequest): string | undefined {
  return /^Bearer +(\S+)$/i.exec(request.headers['authorization'] ?? '')?.[1]
}

/** True for a JSON object with a JSON content type. */
export function isJson(request: SimulatedRequest): boolean {
  return isObject(request.body) && /\bjson\b/.test(request.headers['content-type'] ?? '')
}

/** Returns messages as a list of objects, or `undefined` for anything else. */
export function messagesOf(value: unknown): Json[] | undefined {
  return Array.isArray(value) && value.every(isObject) ? value : undefined
}

/** Returns the ids of an assistant message's tool calls. */
export function callIdsOf(message: Json): unknown[] {
  return Array.isArray(message['tool_calls']) ? message['tool_calls'].map((call) => call?.id) : []
}

/** Returns the index of the first tool message that answers no call of the assistant message before it, or -1. */
export function findOrphan(messages: readonly Json[]): number {
  let open: unknown[] = []
  return messages.findIndex((message) => {
    if (message['role'] === 'tool') return !open.includes(message['tool_call_id'])
    open = callIdsOf(message)
    return false
  })
}

/** Returns true if a tool call is not answered by the tool messages right after it. */
export function hasOpenCalls(messages: readonly Json[]): boolean {
  return messages.some((message, index) => {
    const next = messages.slice(index + 1)
    const end = next.findIndex(({ role }) => role !== 'tool')
    const answers = end === -1 ? next : next.slice(0, end)
    const answered = answers.map((answer) => answer['tool_call_id'])
    return !callIdsOf(message).every((id) => answered.includes(id))
  })
}

/** True for a number outside of the range. Anything else counts as absent. */
export function isOutside(value: unknown, low: number, high: number): boolean {
  return typeof value === 'number' && (value < low || value > high)
}

/**
 * Returns the code and message of an error: as scripted, else the vendor's for that status, else those of its
 * 500.
 */
export function errorText(
  error: ScriptedError,
  table: Readonly<Record<number, readonly [string, string]>>,
): [code: string, message: string] {
  const [code, message] = table[error.status ?? 500] ?? table[500] ?? ['', '']
  return [error.code ?? code, error.message ?? message]
}
