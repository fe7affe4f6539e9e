import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// Vitest 5 tells of a failure with it, and Node 20 has it not: without this a failed test is reported as a crash.
// @ts-expect-error: the library of the types is that of Node 20
Map.groupBy ??= function groupBy<Key, Value>(
  items: Iterable<Value>,
  keyOf: (item: Value, index: number) => Key,
) {
  const groups = new Map<Key, Value[]>()
  let index = 0
  for (const item of items) {
    const key = keyOf(item, index++)
    groups.set(key, [...(groups.get(key) ?? []), item])
  }
  return groups
}

export default defineConfig({
  test: {
    include: ['test/{unit,schemas,providers,architecture,types,demo,docs}/**/*.test.ts'],
    setupFiles: [fileURLToPath(new URL('test/seed.ts', import.meta.url))],
    // This only ends what hangs: properties take seconds, on a busy machine many.
    testTimeout: 60_000,
    // What is polled for is awaited: a second is short on a busy machine.
    expect: { poll: { timeout: 15_000 } },
    // The gates bundle and type-check: two at once are enough for two cores.
    maxWorkers: 2,
  },
})
