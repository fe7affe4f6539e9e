import { OllamaLLM } from '../../src/providers/ollama.ts'
import { checkReplay } from './check-replay.ts'
import { readFixtures } from './replay.ts'

for (const fixture of readFixtures('ollama')) {
  checkReplay(fixture, ({ expected: { model } }, fetch) => {
    return new OllamaLLM({ model, env: {}, fetch, maxRetries: 0 })
  })
}
