/** A recorder of spans and metrics, with the real SDK's in-memory exporters. */
import { SpanStatusCode } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import type { TracedOptions } from '../../../src/otel.ts'

/** A span, as a test compares it. */
export interface Recorded {
  name: string
  parent: string | undefined
  attributes: Record<string, unknown>
  failed: boolean
  message: string | undefined
}

export function recorder() {
  const exporter = new InMemorySpanExporter()
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
  const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter: metricExporter })
  const meters = new MeterProvider({ readers: [reader] })
  const tracer = provider.getTracer('test')
  const options: TracedOptions = { tracer, meter: meters.getMeter('test') }
  return {
    tracer,
    options,
    /** The spans that have ended, in that order. */
    spans(): Recorded[] {
      const spans = exporter.getFinishedSpans()
      const names = new Map(spans.map((span) => [span.spanContext().spanId, span.name]))
      return spans.map(({ name, parentSpanContext, attributes, status }) => ({
        name,
        parent: parentSpanContext && (names.get(parentSpanContext.spanId) ?? 'remote'),
        attributes: { ...attributes },
        failed: status.code === SpanStatusCode.ERROR,
        message: status.message,
      }))
    },
    raw: () => exporter.getFinishedSpans(),
    names: () => exporter.getFinishedSpans().map(({ name }) => name),
    /** The data points of each histogram. */
    async metrics(): Promise<Record<string, { attributes: any; value: any; unit: string }[]>> {
      await reader.forceFlush()
      const all = metricExporter
        .getMetrics()
        .at(-1)
        ?.scopeMetrics.flatMap(({ metrics }) => metrics)
      return Object.fromEntries(
        (all ?? []).map(({ descriptor, dataPoints }) => [
          descriptor.name,
          dataPoints.map(({ attributes, value }) => ({ attributes, value, unit: descriptor.unit })),
        ]),
      )
    },
  }
}
