/**
 * Function calls out of parts: whole ones, and those whose arguments come in pieces.
 * @see https://ai.google.dev/gemini-api/docs/function-calling
 */
import type { StreamEvent } from '../../event.ts'
import type { WirePartialArg } from './partial-args.ts'
import { putPartialArg } from './partial-args.ts'
import type { Part, PartKeeper, WireCall } from './parts.ts'
import { nonEmptyString } from '../../wire/fields.ts'

/** A call as it comes. */
interface WireCallPiece extends WireCall {
  partialArgs?: WirePartialArg[] | null
  willContinue?: unknown
}

/** A call whose arguments are not all there yet. */
interface OpenCall {
  index: number
  args: object
}

/** Reads calls: each has one index, and is kept as one part. */
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
    if (!open) return // an empty one stands behind whole calls too
    for (const one of partialArgs ?? []) putPartialArg(open.args, one)
    if (!willContinue) this.close(out)
  }

  #begin(piece: WireCallPiece, part: Part, out: StreamEvent[]): void {
    this.close(out)
    const { partialArgs, willContinue, args: given, ...call } = piece
    const isOpen = willContinue || partialArgs
    // Written to, where more is to come.
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
    // Of an open one the part is whole as soon as its arguments are: they are the same object.
    this.#parts.push({ ...part, functionCall: { ...call, args } })
  }

  /** The call is whole. */
  close(out: StreamEvent[]): void {
    this.#tell(out, (text) => text)
  }

  /** The answer was cut in the call: what is there of its arguments must not look whole. */
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
