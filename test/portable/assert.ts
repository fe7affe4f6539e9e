/**
 * The few assertions the cases need. Written here since no runner's own loads in every runtime.
 */
export const assert = { ok, equal, deepEqual, match, throws, rejects }
export type Assert = typeof assert

function fail(words: string, message?: string): never {
  throw new Error(message === undefined ? words : `${message}: ${words}`)
}

function ok(value: unknown, message?: string): void {
  if (!value) fail(`${show(value)} is not truthy`, message)
}

function equal(actual: unknown, expected: unknown, message?: string): void {
  if (!Object.is(actual, expected)) fail(`${show(actual)} is not ${show(expected)}`, message)
}

/** Compares plain data; a member that is `undefined` counts as absent. */
function deepEqual(actual: unknown, expected: unknown, message?: string): void {
  const [left, right] = [JSON.stringify(sorted(actual)), JSON.stringify(sorted(expected))]
  if (left !== right) fail(`${show(sorted(actual))} is not ${show(sorted(expected))}`, message)
}

function match(actual: unknown, pattern: RegExp, message?: string): void {
  if (typeof actual !== 'string' || !pattern.test(actual))
    fail(`${show(actual)} does not match ${pattern}`, message)
}

type Expected = (error: Failure) => void

/** The thrown error, with the members that the cases check. */
// oxlint-disable-next-line typescript/no-explicit-any -- a case asserts on each member it reads
export type Failure = any

function throws(body: () => unknown, expected?: Expected): void {
  let value: unknown
  try {
    value = body()
  } catch (thrown) {
    expected?.(thrown)
    return
  }
  fail(`it did not throw, it gave ${show(value)}`)
}

async function rejects(
  body: Promise<unknown> | (() => Promise<unknown>),
  expected?: Expected,
): Promise<void> {
  let value: unknown
  try {
    value = await (typeof body === 'function' ? body() : body)
  } catch (thrown) {
    expected?.(thrown)
    return
  }
  fail(`it did not reject, it gave ${show(value)}`)
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, member]) => member !== undefined)
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, member]) => [name, sorted(member)]),
  )
}

function show(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`
  if (value === undefined) return 'undefined'
  return (JSON.stringify(value) ?? typeof value).slice(0, 1000)
}
