/**
 * Traces and metrics with the earlier majors of the OpenTelemetry SDK, each with the API that it supports. The newest
 * one is in `test/unit/otel`.
 */
import { createRequire } from 'node:module'
import type * as API from '@opentelemetry/api'
import * as registry from '@opentelemetry/semantic-conventions/incubating'
import type * as core from 'chatwire'
import type * as otel from 'chatwire/otel'
import type * as testing from 'chatwire/testing'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'

/** The members of the SDK that both majors have. */
interface SDK {
  api: typeof API
  trace: any
  metrics: any
  hooks: any
}

/** The attributes and metrics of the registry. */
const NAMES = new Set<unknown>(
  Object.entries(registry).flatMap(([key, name]) => (/^(ATTR|METRIC)_/.test(key) ? [name] : [])),
)

describe.each([1, 2])('SDK of major version %i', (major) => {
  const require = createRequire(new URL(`otel-${major}/package.json`, import.meta.url))
  const sdk: SDK = {
    api: require('@opentelemetry/api'),
    trace: require('@opentelemetry/sdk-trace-base'),
    metrics: require('@opentelemetry/sdk-metrics'),
    hooks: require('@opentelemetry/context-async-hooks'),
  }
  let chatwire: typeof core & typeof otel & typeof testing

  beforeAll(async () => {
    expect(require('@opentelemetry/sdk-trace-base/package.json').version).toMatch(`${major}.`)
    vi.resetModules()
    vi.doMock('@opentelemetry/api', () => ({ ...sdk.api }))
    chatwire = {
      ...(await import('chatwire')),
      ...(await import('chatwire/otel')),
      ...(await import('chatwire/testing')),
    }
    const manager = new sdk.hooks.AsyncLocalStorageContextManager().enable()
    expect(sdk.api.context.setGlobalContextManager(manager)).toBe(true)
  })
  afterAll(() => {
    sdk.api.context.disable()
    vi.doUnmock('@opentelemetry/api')
  })

  /** A traced model of a simulated OpenAI server, and what the exporters in memory hold. */
  function setup(script: Parameters<typeof chatwire.simulate>[1]) {
    const exporter = new sdk.trace.InMemorySpanExporter()
    const spanProcessors = [new sdk.trace.SimpleSpanProcessor(exporter)]
    const provider = new sdk.trace.BasicTracerProvider({ spanProcessors })
    const { AggregationTemporality, InMemoryMetricExporter, MeterProvider } = sdk.metrics
    const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
    const reader = new sdk.metrics.PeriodicExportingMetricReader({ exporter: metricExporter })
    const tracer = provider.getTracer('test')
    const meter = new MeterProvider({ readers: [reader] }).getMeter('test')
    const llm = chatwire.getChatModel({
      model: 'gpt-4o',
      modelServer: 'openai',
      apiKey: 'test',
      fetch: chatwire.simulate('openai', script),
    })
    const spans = () => {
      const all: any[] = exporter.getFinishedSpans()
      const names = new Map(all.map((span) => [span.spanContext().spanId, span.name]))
      const parent = (span: any) => span.parentSpanContext?.spanId ?? span.parentSpanId
      return all.map((span) => ({
        name: span.name as string,
        parent: names.get(parent(span)),
        attributes: span.attributes as Record<string, unknown>,
        failed: span.status.code === sdk.api.SpanStatusCode.ERROR,
        traceId: span.spanContext().traceId as string,
      }))
    }
    const metrics = async () => {
      await reader.forceFlush()
      const all: any[] = metricExporter.getMetrics().at(-1).scopeMetrics
      return all.flatMap((scope) => scope.metrics)
    }
    return { llm: chatwire.traced(llm, { tracer, meter }), tracer, spans, metrics }
  }

  const usage = { promptTokens: 10, completionTokens: 4 }

  test('a tool run: spans, parents, and context through async iteration', async () => {
    const { llm, tracer, spans } = setup([
      { toolCalls: [{ name: 'weather', arguments: { city: 'Oslo' } }], usage },
      { pieces: ['21', ' °C'], usage },
    ])
    const weather = chatwire.tool({
      name: 'weather',
      parameters: { type: 'object', properties: { city: { type: 'string' } } },
      // A span of the tool's own.
      execute: () => tracer.startActiveSpan('lookup', (span: any) => (span.end(), '21 °C')),
    })
    const pieces: string[] = []
    await tracer.startActiveSpan('request', async (span: any) => {
      const stream = chatwire.runTools(llm, { prompt: 'Hi', tools: [weather], stream: true })
      for await (const piece of stream) {
        pieces.push(piece)
        tracer.startSpan('in the loop').end()
      }
      span.end()
    })
    expect(pieces.join('')).toBe('21 °C')
    expect(spans().map(({ name, parent }) => [name, parent])).toEqual([
      ['try gpt-4o', 'chat gpt-4o'],
      ['chat gpt-4o', 'invoke_agent'],
      ['lookup', 'execute_tool weather'],
      ['execute_tool weather', 'invoke_agent'],
      ['in the loop', 'request'],
      ['in the loop', 'request'],
      ['try gpt-4o', 'chat gpt-4o'],
      ['chat gpt-4o', 'invoke_agent'],
      ['invoke_agent', 'request'],
      ['request', undefined],
    ])
    expect(new Set(spans().map(({ traceId }) => traceId)).size).toBe(1)
  })

  test('attributes and metrics are those of the registry', async () => {
    const { llm, spans, metrics } = setup([
      { pieces: ['a', 'b', 'c'], usage },
      { error: { status: 400 } },
    ])
    await llm.chat({ prompt: 'Hi', stream: true, temperature: 0.5, stop: 'END' }).result()
    await expect(llm.chat('Hi')).rejects.toMatchObject({ code: 'bad_request' })
    const chats = spans().filter(({ name }) => name === 'chat gpt-4o')
    expect(chats[0]?.attributes).toMatchObject({
      'gen_ai.request.stop_sequences': ['END'],
      'gen_ai.usage.input_tokens': 10,
      'gen_ai.response.time_to_first_chunk': expect.any(Number),
    })
    expect(chats[1]).toMatchObject({ failed: true, attributes: { 'error.type': 'bad_request' } })
    const all = await metrics()
    expect(new Set(all.map(({ descriptor }) => descriptor.name))).toEqual(
      new Set([
        'gen_ai.client.operation.duration',
        'gen_ai.client.operation.time_per_output_chunk',
        'gen_ai.client.operation.time_to_first_chunk',
        'gen_ai.client.token.usage',
      ]),
    )
    const duration = all.find(({ descriptor }) => descriptor.name.endsWith('duration'))
    expect(duration.dataPoints[0].value.buckets.boundaries).toContain(0.64)
    const used = [
      ...spans().flatMap(({ attributes }) => Object.keys(attributes)),
      ...all.map(({ descriptor }) => descriptor.name),
      ...all.flatMap(({ dataPoints }) =>
        dataPoints.flatMap(({ attributes }: any) => Object.keys(attributes)),
      ),
    ]
    expect(used.filter((name) => !NAMES.has(name))).toEqual([])
  })
})
