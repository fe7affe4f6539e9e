/**
 * OpenTelemetry: the spans of a traced model, where nothing keeps track of the active one.
 */
import type { Context, Span, SpanOptions, Tracer } from '@opentelemetry/api'
import { trace } from '@opentelemetry/api'
import { runTools, tool } from 'chatwire'
import { traced } from 'chatwire/otel'
import type { Cases } from './connect.ts'
import { modelAt } from './frames.ts'

interface Recorded {
  name: string
  parent: string | undefined
  attributes: Record<string, unknown>
  code: number | undefined
}

/** A tracer that keeps the spans that have ended, in that order. */
function recorder() {
  const ended: Recorded[] = []
  const names = new Map<string, string>()
  const startSpan = (name: string, options: SpanOptions = {}, context?: Context): Span => {
    const spanId = String(names.size + 1).padStart(16, '0')
    names.set(spanId, name)
    const parent = context && names.get(trace.getSpanContext(context)?.spanId ?? '')
    const recorded: Recorded = { name, parent, attributes: {}, code: undefined }
    let isOpen = true
    const span = {
      spanContext: () => ({ traceId: 'a'.repeat(32), spanId, traceFlags: 1 }),
      isRecording: () => isOpen,
      setStatus({ code }: { code: number }) {
        recorded.code = code
      },
      setAttributes: (attributes: object) => void Object.assign(recorded.attributes, attributes),
      end() {
        isOpen = false
        ended.push(recorded)
      },
    }
    span.setAttributes(options.attributes ?? {})
    return span as unknown as Span
  }
  return { tracer: { startSpan } as unknown as Tracer, ended }
}

const namesOf = (spans: Recorded[]) => spans.map(({ name, parent }) => [name, parent])
const prompt = 'How warm is it?'
const usage = { promptTokens: 11, completionTokens: 5 }

export const otelCases: Cases = (test, assert, connect) => {
  const simulate = (script: unknown) => connect.serve({ simulate: 'openai', script })

  test('traced(): the spans of a streamed run have their parents', async () => {
    const lane = await simulate([
      { toolCalls: [{ name: 'research', arguments: {} }] },
      { text: 'Found.' },
      { text: 'Warm.' },
    ])
    const { tracer, ended } = recorder()
    const llm = traced(modelAt(lane), { tracer })
    const research = tool({
      name: 'research',
      execute: async (_args, { signal }) => {
        await Promise.resolve()
        return await llm.chat({ prompt: 'Look it up', stream: true, signal }).result()
      },
    })
    const run = runTools(llm, { prompt, tools: [research], stream: true })
    const pieces: string[] = []
    for await (const piece of run) {
      await new Promise((resolve) => setTimeout(resolve)) // another task than that of the chunk
      pieces.push(piece)
    }
    assert.equal(pieces.join(''), 'Warm.')
    assert.deepEqual(namesOf(ended), [
      ['try gpt-test', 'chat gpt-test'],
      ['chat gpt-test', 'invoke_agent'],
      ['try gpt-test', 'chat gpt-test'],
      ['chat gpt-test', 'execute_tool research'],
      ['execute_tool research', 'invoke_agent'],
      ['try gpt-test', 'chat gpt-test'],
      ['chat gpt-test', 'invoke_agent'],
      ['invoke_agent', undefined],
    ])
  })

  test('traced(): attributes, and the text only if asked for', async () => {
    const lane = await simulate({ text: 'It is warm.', usage })
    for (const content of [false, true]) {
      const { tracer, ended } = recorder()
      const llm = traced(modelAt(lane), { tracer, content, attributes: { 'user.id': 'u-1' } })
      await llm.chat({ prompt, temperature: 0.5, stream: true }).result()
      const [request, chat] = ended.map(({ attributes }) => attributes)
      const { hostname, port } = new URL(lane.url)
      assert.equal(chat?.['gen_ai.operation.name'], 'chat')
      assert.equal(chat?.['gen_ai.provider.name'], 'openai')
      assert.equal(chat?.['gen_ai.request.model'], 'gpt-test')
      assert.equal(chat?.['gen_ai.request.temperature'], 0.5)
      assert.equal(chat?.['gen_ai.request.stream'], true)
      assert.equal(chat?.['gen_ai.usage.input_tokens'], 11)
      assert.equal(chat?.['gen_ai.usage.output_tokens'], 5)
      assert.deepEqual(chat?.['gen_ai.response.finish_reasons'], ['stop'])
      assert.equal(typeof chat?.['gen_ai.response.time_to_first_chunk'], 'number')
      assert.equal(request?.['server.address'], hostname)
      assert.equal(request?.['server.port'], Number(port))
      assert.equal(request?.['user.id'], 'u-1')
      const all = JSON.stringify(ended)
      assert.equal(all.includes(prompt), content)
      assert.equal(all.includes('It is warm.'), content)
    }
  })

  test('traced(): traceparent goes to the server only if asked for', async () => {
    const lane = await simulate({ text: 'Warm.' })
    const { tracer } = recorder()
    await traced(modelAt(lane), { tracer }).chat(prompt)
    await traced(modelAt(lane), { tracer, propagate: true }).chat(prompt)
    const [without, within] = await lane.seen()
    assert.equal(without?.headers['traceparent'], undefined)
    assert.equal(within?.headers['traceparent'], `00-${'a'.repeat(32)}-${'4'.padStart(16, '0')}-01`)
  })

  test('traced(): a failure, a retry and a reader that leaves end each span once', async () => {
    const busy = { error: { status: 503, headers: { 'retry-after-ms': '10' } } }
    const failing = await simulate([busy, { error: { status: 400 } }])
    const failed = recorder()
    const llm = traced(modelAt(failing, { maxRetries: 1 }), { tracer: failed.tracer })
    await assert.rejects(llm.chat(prompt))
    assert.deepEqual(
      failed.ended.map(({ name, code, attributes }) => [name, code, attributes['error.type']]),
      [
        ['try gpt-test', 2, 'overloaded'],
        ['try gpt-test', 2, 'bad_request'],
        ['chat gpt-test', 2, 'bad_request'],
      ],
    )
    assert.equal(failed.ended[1]?.attributes['http.request.resend_count'], 1)
    const lane = await simulate({ text: 'a b c d e f', fault: { kind: 'stall', after: 3 } })
    const left = recorder()
    const stream = traced(modelAt(lane), { tracer: left.tracer }).chat({ prompt, stream: true })
    assert.deepEqual(left.ended, [])
    for await (const _piece of stream) break
    stream.cancel()
    assert.deepEqual(
      left.ended.map(({ name, code, attributes }) => [name, code, attributes['error.type']]),
      [
        ['try gpt-test', undefined, 'AbortError'],
        ['chat gpt-test', undefined, 'AbortError'],
      ],
    )
  })
}
