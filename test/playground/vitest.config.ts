import { defineConfig } from 'vitest/config'
import root from '../../vitest.config.ts'

export default defineConfig({
  test: {
    // Two workers, and what Node 20 needs.
    ...root.test,
    root: import.meta.dirname,
    include: ['*.test.ts'],
    globalSetup: ['setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
