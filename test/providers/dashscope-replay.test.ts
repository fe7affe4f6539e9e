import { expect, test } from 'vitest'
import { DashScopeLLM } from '../../src/providers/dashscope.ts'
import { checkReplay } from './check-replay.ts'
import { readFixture, readFixtures, replayFetch } from './replay.ts'

for (const fixture of readFixtures('dashscope')) {
  checkReplay(fixture, ({ expected: { model } }, fetch) => {
    return new DashScopeLLM({ model, apiKey: 'sk-test-key', fetch, maxRetries: 0 })
  })
}

test('the id of the request is that of the answer too', async () => {
  const fixture = readFixture('dashscope/single-generation-text-nosse')
  const llm = new DashScopeLLM({ model: 'm', apiKey: 'k', fetch: replayFetch(fixture) })
  const result = await llm.chat('Hello')
  expect(result.id).toMatch(/^[0-9a-f-]{36}$/)
  expect(result.requestId).toBe(result.id)
})
