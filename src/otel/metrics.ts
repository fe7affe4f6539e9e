/**
 * Records a chat in the histograms of the conventions. Loads beside the first traced chat.
 * @see https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/
 */
import type { Attributes as MetricAttributes, Histogram, Meter } from '@opentelemetry/api'
import { metrics } from '@opentelemetry/api'
import type { Attributes } from './attributes.ts'
import type { Measures } from './details.ts'
import { firstChunkOf } from './details.ts'

/** Records a chat that has ended. */
export function recordChat(meter: Meter | undefined, measures: Measures): void {
  const { labels, began, chunks, ended, result, errorType } = measures
  const instruments = instrumentsOf(meter)
  const record = (name: keyof Instruments, value: number, more?: Attributes) =>
    instruments[name].record(value, { ...labels, ...more } as MetricAttributes)
  const model = { 'gen_ai.response.model': result?.model }
  record('duration', (ended - began) / 1000, { ...model, 'error.type': errorType })
  const first = firstChunkOf(measures)
  if (first !== undefined) record('firstChunk', first, model)
  for (const [at, time] of chunks.slice(1).entries()) {
    record('nextChunk', (time - (chunks[at] as number)) / 1000)
  }
  const { usage } = result ?? {}
  if (!usage || usage.estimated) return
  record('tokens', usage.promptTokens, { ...model, 'gen_ai.token.type': 'input' })
  record('tokens', usage.completionTokens, { ...model, 'gen_ai.token.type': 'output' })
}

/** Histograms of seconds and tokens. */
type Instruments = Record<'duration' | 'firstChunk' | 'nextChunk' | 'tokens', Histogram>

const known: WeakMap<Meter, Instruments> = /* @__PURE__ */ new WeakMap()

/** Returns the histograms of a meter. The global one is looked up at each call, since it may be set after the start. */
function instrumentsOf(meter: Meter = metrics.getMeter('chatwire')): Instruments {
  const instruments = known.get(meter) ?? create(meter)
  known.set(meter, instruments)
  return instruments
}

function create(meter: Meter): Instruments {
  // Boundaries advised by the conventions: 10 ms times powers of 2, and powers of 4.
  const histogram = (name: string, unit = 's', base = 2, first = 100) =>
    meter.createHistogram(`gen_ai.client.${name}`, {
      unit,
      advice: {
        explicitBucketBoundaries: Array.from({ length: 14 }, (_, power) => base ** power / first),
      },
    })
  return {
    duration: histogram('operation.duration'),
    firstChunk: histogram('operation.time_to_first_chunk'),
    nextChunk: histogram('operation.time_per_output_chunk'),
    tokens: histogram('token.usage', '{token}', 4, 1),
  }
}
