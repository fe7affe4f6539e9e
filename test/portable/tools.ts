/**
 * Tools: the loop over real connections, its end from both sides, and its events through a response.
 */
import { ChatStream, runTools, tool } from 'chatwire'
import type { Cases } from './connect.ts'
import { collect, modelAt } from './frames.ts'

const ask = (city: string) => ({ name: 'weather', arguments: { city } })
const STORY = [
  { text: 'One moment. ', toolCalls: [ask('Oslo'), ask('Zürich'), ask('Atlantis')] },
  { text: 'Both are warm.' },
]

const weather = tool({
  name: 'weather',
  parameters: { type: 'object', properties: { city: { type: 'string', pattern: '^\\p{Lu}' } } },
  execute({ city }) {
    if (city === 'Atlantis') throw new Error('It lies under water')
    return { city, celsius: 21 }
  },
})
const prompt = 'How warm is it?'

export const toolCases: Cases = (test, assert, connect) => {
  const simulate = (script: unknown) => connect.serve({ simulate: 'openai', script })

  test('runTools() runs the calls of a reply together, streamed and not', async () => {
    const lane = await simulate([...STORY, ...STORY])
    const llm = modelAt(lane)
    const whole = await runTools(llm, { prompt, tools: [weather] })
    const streamed = runTools(llm, { prompt, tools: [weather], stream: true })
    assert.equal((await collect(streamed)).join(''), 'One moment. Both are warm.')
    for (const { text, messages, steps, attempts } of [whole, await streamed.result()]) {
      assert.equal(text, 'Both are warm.')
      assert.equal(attempts.length, 2)
      assert.deepEqual(
        messages.slice(2, 5).map(({ content }) => content),
        [
          '{"city":"Oslo","celsius":21}',
          '{"city":"Zürich","celsius":21}',
          'Error: The tool "weather" failed: It lies under water',
        ],
      )
      assert.equal(steps[0]?.toolResults[2]?.error?.code, 'tool_failed')
    }
    assert.equal((await lane.seen()).length, 4)
  })

  test('The events of a run with tools survive a response', async () => {
    const lane = await simulate(STORY)
    const run = runTools(modelAt(lane), { prompt, tools: [weather], stream: true })
    const far = ChatStream.from(run.toResponse())
    const types = (await collect(far.events())).map(({ type }) => type)
    const rest = types.filter((type) => !type.endsWith('-delta')).join()
    const [calls, results] = [',tool-call'.repeat(3), ',tool-result'.repeat(3)]
    assert.equal(rest, `step${calls}${results},step,usage,finish`)
    assert.equal((await far.result()).text, 'Both are warm.')
  })

  test('An abort ends a running tool, and the run does not wait for one that ignores it', async () => {
    const lane = await simulate(STORY)
    const controller = new AbortController()
    const own = new Error('enough')
    let told: AbortSignal | undefined
    const deaf = tool({
      name: 'weather',
      execute(_args, { signal }) {
        told = signal
        setTimeout(() => controller.abort(own), 5)
        return new Promise((_resolve, reject) => setTimeout(() => reject(new Error('late')), 40))
      },
    })
    const run = runTools(modelAt(lane), { prompt, tools: [deaf], signal: controller.signal })
    await assert.rejects(run, (error) => assert.equal(error, own))
    assert.equal(told?.reason, own)
  })
}
