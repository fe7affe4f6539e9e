import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ConfigError, trim } from '../../../src/index.ts'
import type { Message } from '../../../src/index.ts'
import { estimateMessages } from '../../../src/tokens/estimate.ts'

const countTokens = (text: string): number => text.length
const ask = (content: string): Message => ({ role: 'user', content })
const say = (content: string): Message => ({ role: 'assistant', content })
const system: Message = { role: 'system', content: 'Be brief' }
const call = (...ids: string[]): Message => ({
  role: 'assistant',
  content: '',
  tool_calls: ids.map((id) => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } })),
})
const answer = (id: string): Message => ({ role: 'tool', tool_call_id: id, content: 'result' })

test('trim() leaves what fits', () => {
  const messages = [system, ask('a'), say('b')]
  expect(trim(messages, { maxTokens: 1000 })).toEqual(messages)
})

test('trim() drops the oldest turns whole and keeps the system message', () => {
  const messages = [system, ask('one'), call('1'), answer('1'), say('two'), ask('three'), say('4')]
  const maxTokens = estimateMessages([system, ask('three'), say('4')], countTokens)
  expect(trim(messages, { maxTokens, countTokens })).toEqual([system, ask('three'), say('4')])
  expect(trim(messages, { maxTokens: maxTokens + 5, countTokens })).toHaveLength(3)
})

test('trim() drops whole tool exchanges of the last turn, oldest first, but for the newest', () => {
  const last = [call('2', '3'), answer('2'), answer('3')]
  const messages = [ask('go'), call('1'), answer('1'), ...last]
  const kept = [ask('go'), ...last]
  const maxTokens = estimateMessages(kept, countTokens)
  expect(trim(messages, { maxTokens, countTokens })).toEqual(kept)
})

test('trim() throws where even the least takes too much', () => {
  const messages = [ask('old'), say('old'), ask('a question that is long')]
  expect(() => trim(messages, { maxTokens: 5 })).toThrow(ConfigError)
  expect(() => trim(messages, { maxTokens: 5 })).toThrow(/Cannot trim to 5 tokens/)
  for (const other of ['text', undefined, [null]])
    expect(() => trim(other as never, { maxTokens: 5 })).toThrow(/requires a list of messages/)
  expect(() => trim(messages, null as never)).toThrow(/requires `maxTokens`/)
  const counted = { maxTokens: 5, countTokens: 'gpt-4o' as never }
  expect(() => trim(messages, counted)).toThrow('countTokens must be a function')
})

test('trim() keeps order, system messages, the last turn’s question, and tool exchanges whole', () => {
  const turn = fc
    .tuple(fc.string({ maxLength: 30 }), fc.integer({ min: 0, max: 3 }), fc.boolean())
    .map(([text, tools, instructs]) => {
      const ids = Array.from({ length: tools }, (_, index) => `${text}-${index}`)
      const exchange = tools > 0 ? [call(...ids), ...ids.map(answer)] : []
      return [...(instructs ? [system] : []), ask(text), ...exchange, say('done')]
    })
  fc.assert(
    fc.property(fc.array(turn, { minLength: 1, maxLength: 6 }), fc.nat(400), (turns, maxTokens) => {
      const messages = turns.flat().map((message) => ({ ...message }))
      let kept: Message[]
      try {
        kept = trim(messages, { maxTokens, countTokens })
      } catch {
        return
      }
      expect(estimateMessages(kept, countTokens)).toBeLessThanOrEqual(maxTokens)
      expect(kept).toEqual(messages.filter((message) => kept.includes(message)))
      const instructions = messages.filter(({ role }) => role === 'system')
      expect(kept.filter(({ role }) => role === 'system')).toEqual(instructions)
      expect(kept).toContain(messages.findLast(({ role }) => role === 'user'))
      const asked = kept.flatMap((one) => ('tool_calls' in one && one.tool_calls) || [])
      const answered = kept.flatMap((one) => (one.role === 'tool' ? [one.tool_call_id] : []))
      expect(answered).toEqual(asked.map(({ id }) => id))
    }),
  )
})

test('a count that is no number is refused: a promise is not awaited', () => {
  const countTokens = (async () => 1) as never
  expect(() => trim([ask('Hi')], { maxTokens: 9, countTokens })).toThrow('not a promise')
})
