/**
 * Reads function calls from parts: complete ones, and those with streamed arguments.
 * @see https://ai.google.dev/gemini-api/docs/function-calling
 */
import type { StreamEvent } from '../../event.ts'
import type { WirePartialArg } from './partial-args.ts'
import { putPartialArg } from './partial-args.ts'
import type { Part, PartKeeper, WireCall } from './parts.ts'
import { nonEmptyString } from '../../wire/fields.ts'

/** A call as received. */
interface WireCallPiece extends WireCall {
  partialArgs?: WirePartialArg[] | null
  willContinue?: unknown
}

/** A call with incomplete arguments. */
interface OpenCall {
  index: number
  args: object
}

/** Reads calls. Each gets one index and is kept as one part. */
export class GeminiToolCallReader {
  #parts: PartKeeper
  #count = 0
  #open: OpenCall | undefined

  constructor(parts: PartKeeper) {
    this.#parts = parts
  }

  read(piece: WireCallPiece, part: Part, out: StreamEvent[]): void {
    const { partialArgs, willContinue } = piece
    if (nonEmptyString(piece.name)) this.#begin(piece, part, out)
    const open = this.#open
    if (!open) return // an empty part follows complete calls too
    for (const one of partialArgs ?? []) putPartialArg(open.args, one)
    if (!willContinue) this.close(out)
  }

  #begin(piece: WireCallPiece, part: Part, out: StreamEvent[]): void {
    this.close(out)
    const { partialArgs, willContinue, args: given, ...call } = piece
    const isOpen = willContinue || partialArgs
    // Copied if more will be written to it.
    const args = isOpen ? structuredClone(given ?? {}) : (given ?? {})
    const index = this.#count++
    if (isOpen) this.#open = { index, args }
    const id = nonEmptyString(call.id)
    out.push({
      type: 'tool-call-delta',
      index,
      ...(id && { id }),
      name: call.name as string,
      argumentsDelta: isOpen ? '' : JSON.stringify(args),
    })
    // The part shares the arguments object, so it completes along with it.
    this.#parts.push({ ...part, functionCall: { ...call, args } })
  }

  /** Ends the call. */
  close(out: StreamEvent[]): void {
    this.#tell(out, (text) => text)
  }

  /** Handles a reply cut inside the call, whose arguments must not look complete. */
  cut(out: StreamEvent[]): void {
    this.#tell(out, (text) => text.replace(/["\]}]+$/, ''))
  }

  #tell(out: StreamEvent[], write: (text: string) => string): void {
    const open = this.#open
    if (!open) return
    this.#open = undefined
    const argumentsDelta = write(JSON.stringify(open.args))
    out.push({ type: 'tool-call-delta', index: open.index, argumentsDelta })
  }
}
