import { expect, test } from 'vitest'
import { getChatModel } from '../../src/index.ts'
import { checkReplay } from './check-replay.ts'
import { readFixtures } from './replay.ts'

const FIXTURES = readFixtures('openai-responses')

for (const fixture of FIXTURES) {
  checkReplay(fixture, ({ expected }, fetch) => {
    const { model, modelServer = 'openai_responses', extraBody } = expected
    return getChatModel({ model, modelServer, extraBody, apiKey: 'k', fetch, maxRetries: 0 })
  })
}

test('at least thirty answers are replayed', () => {
  expect(FIXTURES.length).toBeGreaterThan(30)
})
