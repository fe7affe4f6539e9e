/**
 * Scripts for simulated servers. Replies are plain data, so scripts can be stored as JSON.
 */
import type { Source, Usage } from '../event.ts'
import { isRecord } from '../is-record.ts'
import type { Fault } from './faults.ts'
import type { ScriptedError } from './scripted-error.ts'

/** A tool call that the simulated model makes. */
export interface ScriptedToolCall {
  /**
   * Gemini sends an id only if one is set here.
   * @default call_1_0, call_1_1, … (number of the request, index in the reply)
   */
  id?: string | undefined
  /** The name of the tool. */
  name: string
  /** An object, or the text that the model writes, which can be invalid JSON. */
  arguments: Record<string, unknown> | string
}

/** A reply: first the thinking, then the text, then the tool calls. */
export interface Reply {
  /** The text of the reply. */
  text?: string | undefined
  /** The thinking before the text, sent in the vendor's own field. */
  reasoning?: string | undefined
  /** The tool calls after the text. */
  toolCalls?: readonly ScriptedToolCall[] | undefined
  /** Pages found by the vendor's search. Sent only if the request asks for a search. */
  sources?: readonly Source[] | undefined
  /** In tokens. Missing fields are counted. `null`: the server sends no usage. */
  usage?: Partial<Usage> | null | undefined
  /**
   * The vendor's own finish reason.
   * @default `tool_calls` if there are any, else `stop`
   */
  finishReason?: string | undefined
  /** Fails the request, or the stream, with an error of the vendor. */
  error?: ScriptedError | undefined
  /** The text, already cut into frames. Overrides `text`. */
  pieces?: readonly string[] | undefined
  /**
   * Length of the pieces of thinking, text and arguments, in characters.
   * @default words, and 12 characters for arguments
   */
  chunkSize?: number | undefined
  /**
   * Delay between two frames, in milliseconds.
   * @default 0
   */
  delayMs?: number | undefined
  /** DashScope: whether every frame repeats the text so far, overriding the request. */
  cumulative?: boolean | undefined
  /** Additional response headers. */
  headers?: Record<string, string> | undefined
  /** One or more faults to inject. */
  fault?: Fault | readonly Fault[] | undefined
}

/** A request as the simulated server received it. */
export interface SimulatedRequest {
  /** The full URL, including the query. */
  readonly url: string
  /** Such as `POST`. */
  readonly method: string
  /** Names are lowercase. */
  readonly headers: Readonly<Record<string, string>>
  /**
   * The parsed JSON, or `undefined` if the body is not JSON. Typed `any`, like `JSON.parse`, to keep tests short.
   */
  readonly body: any
  /** True if the reader canceled or aborted before the end of the reply. */
  cancelled: boolean
}

type Answer = Reply | string

/**
 * One reply; or one per request, with the last one repeated; or a function called for each request. A request
 * that the vendor rejects gets the vendor's error and consumes no reply. What the function throws fails the request
 * as `invalid_config`, which is not retried; `fault` and `error` simulate failures of the vendor.
 */
export type Script =
  | Answer
  | readonly Answer[]
  | ((request: SimulatedRequest) => Answer | Promise<Answer>)

/** A complete tool call with its arguments cut into pieces. */
export interface PlannedCall {
  id: string
  name: string
  pieces: string[]
}

/** A reply with all defaults filled in, from which a vendor encodes its frames. */
export interface Plan {
  /** The id of the reply, in the vendor's format. */
  id: string
  model: string
  reasoning: readonly string[]
  text: readonly string[]
  toolCalls: readonly PlannedCall[]
  sources: readonly Source[]
  usage: Usage | undefined
  finishReason: string
  /** Only an error inside the stream. */
  error: ScriptedError | undefined
  cumulative: boolean | undefined
}

/** A step of a streamed reply. The first piece of a call carries its id and name. */
export interface Delta {
  reasoning?: string
  text?: string
  call?: { index: number; id?: string; name?: string; piece: string }
}

/** Returns the pieces of a plan in the order in which models write them. */
export function* toDeltas(plan: Plan): Generator<Delta, void> {
  for (const reasoning of plan.reasoning) yield { reasoning }
  for (const text of plan.text) yield { text }
  for (const [index, { id, name, pieces }] of plan.toolCalls.entries()) {
    for (const [place, piece] of pieces.entries()) {
      yield { call: place === 0 ? { index, id, name, piece } : { index, piece } }
    }
  }
}

/** Returns the reply to one request. */
export function toReply(answer: Answer): Reply {
  const reply = typeof answer === 'string' ? { text: answer } : answer
  if (!isRecord(reply)) {
    const given = JSON.stringify(reply) ?? typeof reply
    throw new TypeError(`A script must give a text or a reply such as { text }, not ${given}`)
  }
  for (const member of Object.keys(reply)) {
    if (!MEMBERS.has(member)) throw new TypeError(`Unknown property in reply: "${member}"`)
  }
  return reply
}

/** Fills in the defaults of a reply. */
export function toPlan(reply: Reply, request: SimulatedRequest, id: string, number: number): Plan {
  const reasoning = cutText(reply.reasoning ?? '', reply.chunkSize)
  const text = reply.pieces ?? cutText(reply.text ?? '', reply.chunkSize)
  const toolCalls = (reply.toolCalls ?? []).map((call, index): PlannedCall => {
    const { name, arguments: given } = call
    const written = typeof given === 'string' ? given : JSON.stringify(given)
    const pieces = cutText(written, reply.chunkSize ?? 12)
    // A call without a single piece would never be announced.
    return { id: call.id ?? `call_${number}_${index}`, name, pieces: pieces.length ? pieces : [''] }
  })
  const plan = { id, model: String(request.body.model ?? 'simulated'), reasoning, text, toolCalls }
  return {
    ...plan,
    sources: reply.sources ?? [],
    usage: reply.usage === null ? undefined : countUsage(plan, reply.usage ?? {}, request),
    finishReason: reply.finishReason ?? (toolCalls.length ? 'tool_calls' : 'stop'),
    error: reply.error?.inStream ? reply.error : undefined,
    cumulative: reply.cumulative,
  }
}

function countUsage(
  plan: Pick<Plan, 'reasoning' | 'text' | 'toolCalls'>,
  given: Partial<Usage>,
  request: SimulatedRequest,
): Usage {
  const argumentPieces = plan.toolCalls.reduce((sum, call) => sum + call.pieces.length, 0)
  const promptTokens = Math.ceil(JSON.stringify(request.body).length / 4)
  const completionTokens = plan.reasoning.length + plan.text.length + argumentPieces
  const usage = { promptTokens, completionTokens, totalTokens: 0, ...given }
  usage.totalTokens = given.totalTokens ?? usage.promptTokens + usage.completionTokens
  if (plan.reasoning.length) usage.reasoningTokens ??= plan.reasoning.length
  return usage
}

// A word includes the whitespace before it. In scripts without spaces each character is a piece. The u flag keeps
// surrogate pairs together.
const WORDS = /\s*[\u2e80-\uffef]|\s*[^\s\u2e80-\uffef]+|\s+/gu

/** Cuts text into words, or into pieces of `size` characters. Returns nothing for an empty text. */
function cutText(text: string, size: number | undefined): string[] {
  if (size === undefined) return text.match(WORDS) ?? []
  const characters = Array.from(text)
  const pieces = []
  for (let at = 0; at < characters.length; at += Math.max(1, size)) {
    pieces.push(characters.slice(at, at + Math.max(1, size)).join(''))
  }
  return pieces
}

// Detects misspelled properties (`tool_calls`), which would otherwise be silently ignored.
const MEMBERS: ReadonlySet<string> = new Set<keyof Reply>([
  'text',
  'reasoning',
  'toolCalls',
  'sources',
  'usage',
  'finishReason',
  'error',
  'pieces',
  'chunkSize',
  'delayMs',
  'cumulative',
  'headers',
  'fault',
])
