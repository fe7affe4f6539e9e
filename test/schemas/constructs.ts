/**
 * The constructs of the matrix, with values that a schema of each must accept and refuse. Each library spells them in
 * its own file in `libraries/`; what a library cannot express is left out there.
 */

export interface Construct {
  valid: unknown[]
  invalid: unknown[]
}

/** The value is the property `value` of an object. */
function inside(valid: unknown[], invalid: unknown[]): Construct {
  return {
    valid: valid.map((value) => ({ value })),
    invalid: [...invalid.map((value) => ({ value })), 'no object'],
  }
}

/** Nested more deeply than OpenAI accepts. */
export const LEVELS = 12
/** More than OpenAI accepts in one schema. */
export const MANY: string[] = Array.from({ length: 1001 }, (_, index) => `value ${index}`)

function nest(leaf: unknown): unknown {
  let value = leaf
  for (let level = 0; level < LEVELS; level++) value = { inner: value }
  return value
}

const TREE = { name: 'a', children: [{ name: 'b', children: [] }] }
const BAD_TREE = { name: 'a', children: [{ name: 5, children: [] }] }

export const CONSTRUCTS = {
  object: { valid: [{ city: 'Oslo', n: 1 }], invalid: [{ city: 5, n: 1 }, { city: 'Oslo' }, []] },
  'optional member': {
    valid: [{ city: 'Oslo' }, { city: 'Oslo', n: 1 }],
    invalid: [{ city: 'Oslo', n: 'one' }, { n: 1 }],
  },
  'closed object': { valid: [{ city: 'Oslo' }], invalid: [{ city: 'Oslo', more: 1 }, {}] },
  'open object': { valid: [{ city: 'Oslo', more: 1 }], invalid: [{ more: 1 }] },
  nullable: inside(['a', null], [5]),
  'nullable object': inside([{ a: 'x' }, null], [{ a: 5 }, 'x']),
  enum: inside(['red', 'green'], ['blue', 1]),
  literal: inside(['fixed'], ['other', 1]),
  'literals of several types': inside([1, true], [2, 'x', false]),
  union: inside(['a', 5], [true, null]),
  'discriminated union': inside(
    [
      { kind: 'once', date: 'today' },
      { kind: 'weekly', day: 1 },
    ],
    [{ kind: 'once', day: 1 }, { kind: 'never' }],
  ),
  oneOf: inside(['a', 5], [true]),
  intersection: inside([{ a: 'x', b: 1 }], [{ a: 'x' }, { b: 1 }]),
  array: inside([['a'], []], [[1], 'a']),
  'array with limits': inside([['a', 'b']], [['a'], ['a', 'b', 'c', 'd']]),
  tuple: inside([['a', 1]], [[1, 'a'], ['a']]),
  record: inside([{}, { a: 1 }], [{ a: 'x' }, 5]),
  recursion: { valid: [{ root: TREE }], invalid: [{ root: BAD_TREE }] },
  'optional recursion': {
    valid: [{ name: 'a' }, { name: 'a', next: { name: 'b' } }],
    invalid: [{ name: 'a', next: { name: 5 } }],
  },
  'shared definition': {
    valid: [{ from: { city: 'Oslo' }, to: { city: 'Bergen' } }],
    invalid: [{ from: { city: 'Oslo' }, to: { city: 5 } }],
  },
  'description beside a reference': {
    valid: [{ from: { city: 'Oslo' }, to: { city: 'Bergen' } }],
    invalid: [{ from: { city: 'Oslo' }, to: { city: 5 } }],
  },
  date: inside(['2026-11-29T00:00:00.000Z'], ['not a date', true]),
  'native date': inside([], []),
  bigint: inside([], []),
  'pattern with \\d': inside(['12345'], ['1234', 'abcde']),
  'pattern without anchors': inside(['a1'], ['a']),
  'pattern with look-ahead': inside(['a1'], ['ab']),
  'string length': inside(['abc'], ['a', 'abcdefgh']),
  format: inside(['a@example.com'], [5]),
  'number range': inside([1, 5], [0, 6]),
  'exclusive range': inside([1, 4.5], [0, 5]),
  multiple: inside([10, 5], [7]),
  integer: inside([1], [1.5, 'x']),
  boolean: inside([true], ['true']),
  default: { valid: [{}, { value: 'x' }], invalid: [{ value: 5 }] },
  description: inside(['x'], [5]),
  brand: inside(['x'], [5]),
  check: inside(['ok'], ['not ok']),
  transform: inside(['abc'], [5]),
  anything: inside([1, 'x', null, {}], []),
  'empty object': { valid: [{}], invalid: [5] },
  'deep nesting': { valid: [nest({ x: 'a' })], invalid: [nest({ x: 5 })] },
  'many values': inside([MANY[0], MANY[1000]], ['value 1001']),
  'root array': { valid: [[{ city: 'Oslo' }], []], invalid: [[{ city: 5 }], 'x'] },
  'root string': { valid: ['x'], invalid: [5] },
  'root union': {
    valid: [
      { kind: 'once', date: 'today' },
      { kind: 'weekly', day: 1 },
    ],
    invalid: [{ kind: 'once', day: 1 }],
  },
  'root record': { valid: [{ a: 1 }], invalid: [{ a: 'x' }] },
  'root recursion': { valid: [TREE], invalid: [BAD_TREE] },
  'root tuple': { valid: [['a', 1]], invalid: [[1, 'a']] },
  'root nullable object': { valid: [{ a: 'x' }, null], invalid: [{ a: 5 }] },
  'root enum': { valid: ['red'], invalid: ['blue'] },
} satisfies Record<string, Construct>

export type ConstructName = keyof typeof CONSTRUCTS
