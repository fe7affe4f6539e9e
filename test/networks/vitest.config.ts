import { defineConfig } from 'vitest/config'
import root from '../../vitest.config.ts'

export default defineConfig({
  ...root,
  test: {
    ...root.test,
    root: import.meta.dirname,
    include: ['*.test.ts'],
    globalSetup: [],
    // Starting a proxy, and one that closes a short response late.
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
})
