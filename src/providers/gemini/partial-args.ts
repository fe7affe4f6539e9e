/**
 * Arguments of a call that come in pieces, each with the path of its place:
 * `{ "jsonPath": "$.city", "stringValue": "Bos", "willContinue": true }`.
 * @see https://docs.cloud.google.com/vertex-ai/generative-ai/docs/multimodal/function-calling
 */

/** One piece. */
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
 * Puts a piece in its place; texts of one place grow.
 * @throws {TypeError} for a path that leads nowhere
 */
export function putPartialArg(target: object, piece: WirePartialArg): void {
  const value =
    piece.stringValue ??
    piece.numberValue ??
    piece.boolValue ??
    ('nullValue' in piece ? null : undefined)
  if (value === undefined) return // it only says that more will come
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
  if (steps.length === 0) throw new TypeError('A piece of the arguments has no path')
  return steps
}

function read(place: object, step: Step): unknown {
  return Object.hasOwn(place, step) ? (place as Record<Step, unknown>)[step] : undefined
}

// Defined, not set: `__proto__` is a member like any other here.
function write<T>(place: object, step: Step, value: T): T {
  // A list grows by its next place only: one of a billion empty places would stop the process.
  if (Array.isArray(place) && !(Number(step) <= place.length)) {
    throw new TypeError('A piece of the arguments lies outside of its list')
  }
  Object.defineProperty(place, step, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  })
  return value
}
