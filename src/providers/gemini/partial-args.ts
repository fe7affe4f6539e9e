/**
 * Assembles streamed arguments of a call, each piece with its path:
 * `{ "jsonPath": "$.city", "stringValue": "Bos", "willContinue": true }`.
 * @see https://docs.cloud.google.com/vertex-ai/generative-ai/docs/multimodal/function-calling
 */

/** A piece of the arguments. */
export interface WirePartialArg {
  jsonPath?: unknown
  stringValue?: unknown
  numberValue?: unknown
  boolValue?: unknown
  nullValue?: unknown
}

type Step = string | number

const STEP = /\.([^.[]+)|\[(\d+)\]|\[(["'])(.*?)\3\]/g

/**
 * Writes a piece to its path. Strings at the same path are appended.
 * @throws {TypeError} for an invalid path
 */
export function putPartialArg(target: object, piece: WirePartialArg): void {
  const value =
    piece.stringValue ??
    piece.numberValue ??
    piece.boolValue ??
    ('nullValue' in piece ? null : undefined)
  if (value === undefined) return // it only announces that more will follow
  const steps = readPath(piece.jsonPath)
  const last = steps.pop() as Step
  let place = target
  for (const [index, step] of steps.entries()) {
    const next = read(place, step)
    if (typeof next === 'object' && next !== null) place = next
    else place = write(place, step, typeof (steps[index + 1] ?? last) === 'number' ? [] : {})
  }
  const before = read(place, last)
  const grows = typeof before === 'string' && typeof value === 'string'
  write(place, last, grows ? before + value : value)
}

function readPath(path: unknown): Step[] {
  const steps = [...String(path).matchAll(STEP)].map(
    ([, member, index, , quoted]): Step => member ?? quoted ?? Number(index),
  )
  if (steps.length === 0) throw new TypeError('Piece of arguments without a path')
  return steps
}

function read(place: object, step: Step): unknown {
  return Object.hasOwn(place, step) ? (place as Record<Step, unknown>)[step] : undefined
}

// Defined, not assigned: `__proto__` is an ordinary property here.
function write<T>(place: object, step: Step, value: T): T {
  // A list grows only by its next index: one with a billion empty slots would exhaust memory.
  if (Array.isArray(place) && !(Number(step) <= place.length)) {
    throw new TypeError('Piece of arguments with an index out of range')
  }
  Object.defineProperty(place, step, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  })
  return value
}
