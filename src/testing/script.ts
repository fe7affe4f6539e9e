/**
 * What a simulated server is told to say. Replies are plain data, so that a script can be kept as
 * JSON.
 */
import type { Source, Usage } from '../event.ts'
import type { Fault } from './faults.ts'
import type { ScriptedError } from './scripted-error.ts'

/** A tool call that the simulated model makes. */
export interface ScriptedToolCall {
  /**
   * Gemini sends an id only if there is one here.
   * @default call_1_0, call_1_1, … (the number of the request, the place in the reply)
   */
  id?: string | undefined
  /** The tool. */
  name: string
  /** An object, or the text as the model writes it (which may then be broken JSON). */
  arguments: Record<string, unknown> | string
}

/** One answer: first the thinking, then the text, then the tool calls. */
export interface Reply {
  /** What the model says. */
  text?: string | undefined
  /** What it thinks first, in the vendor's own place for it. */
  reasoning?: string | undefined
  /** What it calls. */
  toolCalls?: readonly ScriptedToolCall[] | undefined
  /** Pages found by the vendor's search; sent only to a request that asks for a search. */
  sources?: readonly Source[] | undefined
  /** In tokens; what is left out is counted. `null`: the server sends none. */
  usage?: Partial<Usage> | null | undefined
  /**
   * The vendor's own word.
   * @default `tool_calls` where there are some, else `stop`
   */
  finishReason?: string | undefined
  /** The vendor refuses, or fails, instead. */
  error?: ScriptedError | undefined
  /** The text, cut into frames as it stands here; wins over `text`. */
  pieces?: readonly string[] | undefined
  /**
   * Length of the pieces of thinking, text and arguments, in characters. Absent: words, and 12 for
   * arguments.
   */
  chunkSize?: number | undefined
  /**
   * Pause between two frames, in milliseconds.
   * @default 0
   */
  delayMs?: number | undefined
  /** DashScope: every frame repeats the whole text so far (or does not), whatever was asked for. */
  cumulative?: boolean | undefined
  /** Further headers of the answer. */
  headers?: Record<string, string> | undefined
  /** How the answer goes wrong on its way. */
  fault?: Fault | readonly Fault[] | undefined
}

/** A request as the simulated server saw it. */
export interface SimulatedRequest {
  /** The whole address, query included. */
  readonly url: string
  /** Such as `POST`. */
  readonly method: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /**
   * The parsed JSON; `undefined` for a body that is none. Typed as `JSON.parse` types it, for short
   * tests.
   */
  readonly body: any
  /** True once the reader left, or aborted, before the end of the answer. */
  cancelled: boolean
}

type Answer = Reply | string

/**
 * One reply; or one for each request, the last of them repeated; or a function that is asked every
 * time. A request that the vendor would refuse gets the vendor's refusal and uses up no reply.
 */
export type Script =
  | Answer
  | readonly Answer[]
  | ((request: SimulatedRequest) => Answer | Promise<Answer>)

/** A whole tool call, its arguments cut. */
export interface PlannedCall {
  id: string
  name: string
  pieces: string[]
}

/** A reply with everything decided: what a vendor writes its frames from. */
export interface Plan {
  /** The id of the answer, in the vendor's manner. */
  id: string
  model: string
  reasoning: readonly string[]
  text: readonly string[]
  toolCalls: readonly PlannedCall[]
  sources: readonly Source[]
  usage: Usage | undefined
  finishReason: string
  /** Only one that comes in the stream. */
  error: ScriptedError | undefined
  cumulative: boolean | undefined
}

/** A step of a streamed answer. The first piece of a call has its id and name. */
export interface Delta {
  reasoning?: string
  text?: string
  call?: { index: number; id?: string; name?: string; piece: string }
}

/** The pieces of a plan in the order in which models write. */
export function* toDeltas(plan: Plan): Generator<Delta, void> {
  for (const reasoning of plan.reasoning) yield { reasoning }
  for (const text of plan.text) yield { text }
  for (const [index, { id, name, pieces }] of plan.toolCalls.entries()) {
    for (const [place, piece] of pieces.entries()) {
      yield { call: place === 0 ? { index, id, name, piece } : { index, piece } }
    }
  }
}

/** The reply to the request with this number. */
export function toReply(answer: Answer): Reply {
  const reply = typeof answer === 'string' ? { text: answer } : answer
  for (const member of Object.keys(reply)) {
    if (!MEMBERS.has(member)) throw new TypeError(`A reply has no member "${member}"`)
  }
  return reply
}

/** Fills in everything that the reply leaves open. */
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

// A word takes the blanks before it along; in scripts without blanks every character is a piece.
// With the u flag an emoji is one character, so that no piece holds half of one.
const WORDS = /\s*[\u2e80-\uffef]|\s*[^\s\u2e80-\uffef]+|\s+/gu

/** Words, or pieces of `size` characters; nothing for an empty text. */
function cutText(text: string, size: number | undefined): string[] {
  if (size === undefined) return text.match(WORDS) ?? []
  const characters = Array.from(text)
  const pieces = []
  for (let at = 0; at < characters.length; at += Math.max(1, size)) {
    pieces.push(characters.slice(at, at + Math.max(1, size)).join(''))
  }
  return pieces
}

// A misspelled member (`tool_calls`) would otherwise be an answer that lacks something, with no
// word why.
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
