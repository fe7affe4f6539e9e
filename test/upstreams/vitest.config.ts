import { defineConfig } from 'vitest/config'
import root from '../../vitest.config.ts'

export default defineConfig({
  test: {
    // Two workers, and what Node 20 needs.
    ...root.test,
    root: import.meta.dirname,
    include: ['*.test.ts'],
    // The failures wait between their tries: at the same time.
    maxConcurrency: 40,
    testTimeout: 60_000,
  },
})
