import { defineConfig } from 'vitest/config'
import root from '../../vitest.config.ts'

export default defineConfig({
  test: {
    ...root.test,
    root: import.meta.dirname,
    include: ['*.test.ts'],
    globalSetup: './setup.ts',
  },
})
