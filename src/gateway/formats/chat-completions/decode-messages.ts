/**
 * The messages of a stranger: each with the members of its role.
 */
import type { Message } from '../../../message.ts'
import { invalid, HttpError } from '../../../edge/http-error.ts'

type Members = Record<string, unknown>

const MEMBERS = ['role', 'content', 'name', 'tool_call_id']

/** What clients add to an assistant message for their own use, or copy from an answer that had nothing to tell. */
const ARTEFACTS = new Set(['refusal', 'annotations', 'parsed', '__proto__'])

/** What an assistant message may not hold: it would be lost on the way, and the model would miss it. */
const LOST = ['function_call', 'audio']

/**
 * Copies without what does not belong there. Further members of an assistant message stay: vendors sign their
 * thinking, and want it back unchanged (`reasoning_details`).
 * @throws {HttpError} 400
 */
export function rebuildMessages(messages: readonly Members[], most: number): Message[] {
  if (messages.length > most) {
    throw new HttpError(invalid(`messages must be at most ${most}, not ${messages.length}`))
  }
  return messages.map((message, index) => {
    const rebuilt =
      message.role === 'assistant'
        ? rebuildAssistant(message, `messages[${index}]`)
        : pick(message, MEMBERS)
    return rebuilt as unknown as Message
  })
}

function pick(members: Members, names: readonly string[]): Members {
  const present = names.filter((name) => members[name] !== undefined && members[name] !== null)
  return Object.fromEntries(present.map((name) => [name, members[name]]))
}

function rebuildAssistant(message: Members, path: string): Members {
  const lost = LOST.find((name) => message[name] != null)
  if (lost) throw new HttpError(invalid(`${path}.${lost} is not offered here`))
  const rebuilt: Members = Object.fromEntries(
    Object.entries(message).filter(([name, value]) => value !== null && !ARTEFACTS.has(name)),
  )
  rebuilt.content = toContent(message)
  const { tool_calls: calls } = message
  if (Array.isArray(calls)) rebuilt.tool_calls = calls.map(rebuildCall)
  return rebuilt
}

/** A refusal is what the model said; it has a place of its own in OpenAI's spelling only. */
function toContent({ content, refusal }: Members): unknown {
  if (!Array.isArray(content)) return content ?? (typeof refusal === 'string' ? refusal : null)
  return content.map((part) =>
    part?.type === 'refusal' ? { type: 'text', text: part.refusal } : part,
  )
}

/** Clients add an index, and the arguments once more, parsed. */
function rebuildCall(call: unknown): unknown {
  if (typeof call !== 'object' || call === null) return call
  const { index: _index, function: given, ...rest } = call as Members & { function?: Members }
  if (typeof given !== 'object' || given === null) return call
  return { ...rest, function: { name: given.name, arguments: given.arguments } }
}
