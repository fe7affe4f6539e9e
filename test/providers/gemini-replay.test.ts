import { GeminiLLM } from '../../src/providers/gemini.ts'
import { checkReplay } from './check-replay.ts'
import { readFixtures } from './replay.ts'

for (const fixture of readFixtures('gemini')) {
  checkReplay(fixture, ({ expected: { model } }, fetch) => {
    return new GeminiLLM({ model, apiKey: 'test-key', fetch, maxRetries: 0 })
  })
}
