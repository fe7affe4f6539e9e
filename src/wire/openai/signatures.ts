/**
 * Keeps thinking signatures that some models require back on the tool calls of earlier turns. Gemini's OpenAI
 * endpoint sends them as `extra_content`, LiteLLM as `provider_specific_fields`, and Claude's as `thinking_blocks`.
 * @see https://ai.google.dev/gemini-api/docs/thought-signatures
 * @see https://docs.litellm.ai/docs/reasoning_content
 */
import { isRecord } from '../../is-record.ts'
import type { MessageToolCall } from '../../message.ts'

/** Properties that are sent back unchanged at the same place. */
const MEMBERS = [
  'extra_content',
  'provider_specific_fields',
  'thought_signature',
  'thinking_blocks',
  'provider_data', // of a chatwire gateway
] as const

type Signed = Partial<Record<(typeof MEMBERS)[number], unknown>>

/** A thinking block of Claude, or a piece of one. */
interface Block {
  type?: unknown
  thinking?: string
  signature?: unknown
  /** Redacted thinking. */
  data?: unknown
}

/** Signatures of one reply, as stored in `message.provider_data.openai`. */
interface Kept {
  /** The model that signed. Others cannot read its signatures. */
  model: string
  message?: Signed
  /** By index of the tool call. */
  calls?: Record<number, Signed>
  /** Ids of the tool calls, by which a call is found after others were removed. */
  ids?: string[]
}

/** Key of the signatures in `provider_data`. */
const NAME = 'openai'

/** Collects the signatures of one reply. */
export class SignatureReader {
  #message: Signed | undefined
  // Missing until there are some.
  #blocks: Block[] | undefined
  #calls: Record<number, Signed> | undefined
  #ids: string[] | undefined

  readMessage(message: object): void {
    const signed = pick(message)
    if (!signed) return
    const { thinking_blocks: blocks, ...others } = signed
    if (Array.isArray(blocks)) this.#readBlocks(blocks)
    if (Object.keys(others).length > 0) this.#message = { ...this.#message, ...others }
  }

  /** Joins the pieces of thinking blocks, which are in a stream. Their signature comes last. */
  #readBlocks(blocks: readonly unknown[]): void {
    const known = (this.#blocks ??= [])
    for (const block of blocks) {
      if (!isRecord(block)) continue
      const { type, thinking, signature } = block as Block
      const last = known.at(-1)
      if (type !== 'thinking' || last?.type !== type || last.signature) {
        known.push({ ...block })
        continue
      }
      last.thinking = `${last.thinking ?? ''}${thinking ?? ''}`
      if (signature) last.signature = signature
    }
  }

  /** Claude rejects thinking without a signature, such as that of a cut reply. */
  #signedBlocks(): Block[] | undefined {
    const blocks = this.#blocks?.filter(({ signature, data }) => signature || data)
    return blocks?.length ? blocks : undefined
  }

  readCall(call: object, index: number): void {
    const signed = pick(call) ?? pick((call as { function?: object | null }).function ?? {})
    if (signed) {
      const calls = (this.#calls ??= {})
      calls[index] = { ...calls[index], ...signed }
    }
    const { id } = call as { id?: unknown }
    const ids = (this.#ids ??= [])
    ids[index] ||= typeof id === 'string' ? id : ''
  }

  /** Returns the fields that the next turn needs, if anything was signed. */
  fields(model: string): Record<string, unknown> | undefined {
    const calls = this.#calls
    const blocks = this.#signedBlocks()
    const message = blocks ? { ...this.#message, thinking_blocks: blocks } : this.#message
    if (!message && !calls) return undefined
    const kept: Kept = {
      model,
      ...(message && { message }),
      ...(calls && { calls, ids: this.#ids ?? [] }),
    }
    return { provider_data: { [NAME]: kept } }
  }
}

/** Restores signatures on an assistant message and its tool calls, for a model of the family that signed. */
export function signaturesOf(
  providerData: unknown,
  model: string,
): { message: Signed; callAt: (index: number, id: string) => Signed } {
  const kept = isRecord(providerData)
    ? (providerData[NAME] as Partial<Kept> | undefined)
    : undefined
  const isOwn =
    isRecord(kept) && typeof kept.model === 'string' && family(kept.model) === family(model)
  const calls = isOwn && isRecord(kept.calls) ? kept.calls : {}
  return {
    message: (isOwn && pick(kept.message ?? {})) || {},
    callAt: (index, id) => {
      const place = Array.isArray(kept?.ids) ? kept.ids.indexOf(id) : -1
      return pick(calls[(place < 0 ? index : place) as never] ?? {}) ?? {}
    },
  }
}

/** Returns a tool call without properties that no server needs: strict servers reject unknown ones. */
export function plainCall({
  id,
  type,
  function: called,
  ...rest
}: MessageToolCall): MessageToolCall {
  return { id, type, function: called, ...pick(rest) }
}

function pick(value: object): Signed | undefined {
  let signed: Signed | undefined
  for (const name of MEMBERS) {
    const member = (value as Signed)[name]
    if (member !== undefined && member !== null) signed = { ...signed, [name]: member }
  }
  return signed
}

/** Returns `gemini` for `google/gemini-3-pro-preview`. */
function family(model: string): string {
  return /[a-z]+/i.exec(model.slice(model.lastIndexOf('/') + 1))?.[0].toLowerCase() ?? model
}
