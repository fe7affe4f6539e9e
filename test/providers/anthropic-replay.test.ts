import { AnthropicLLM } from '../../src/providers/anthropic.ts'
import { checkReplay } from './check-replay.ts'
import { readFixtures } from './replay.ts'

for (const fixture of readFixtures('anthropic')) {
  checkReplay(fixture, ({ expected: { model } }, fetch) => {
    return new AnthropicLLM({ model, apiKey: 'sk-ant-test', fetch, maxRetries: 0 })
  })
}
