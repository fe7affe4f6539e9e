import { ZhipuLLM } from '../../src/providers/zhipu.ts'
import { checkReplay } from './check-replay.ts'
import { readFixtures } from './replay.ts'

for (const fixture of readFixtures('zhipu')) {
  checkReplay(fixture, ({ expected: { model } }, fetch) => {
    return new ZhipuLLM({ model, apiKey: 'id123.secret456', fetch, maxRetries: 0 })
  })
}
