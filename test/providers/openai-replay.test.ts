import { OpenAiLLM } from '../../src/providers/openai.ts'
import { OPENAI_LIKE, openAiLike } from '../../src/providers/openai-like.ts'
import { checkReplay } from './check-replay.ts'
import { readFixtures } from './replay.ts'

for (const fixture of readFixtures('openai')) {
  checkReplay(fixture, ({ expected }, fetch) => {
    const { model, modelServer } = expected as typeof expected & { modelServer: string }
    const row = OPENAI_LIKE[modelServer]
    const Model = row ? openAiLike(row, modelServer) : OpenAiLLM
    return new Model({ model, modelServer, apiKey: 'sk-test-key', fetch, maxRetries: 0 })
  })
}
