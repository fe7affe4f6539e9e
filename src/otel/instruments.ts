/**
 * The histograms of the conventions.
 * @see https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/
 */
import type { Histogram, Meter } from '@opentelemetry/api'
import { metrics } from '@opentelemetry/api'

/** Histograms of seconds and tokens. */
export type Instruments = Record<'duration' | 'firstChunk' | 'nextChunk' | 'tokens', Histogram>

const known: WeakMap<Meter, Instruments> = /* @__PURE__ */ new WeakMap()

/** Returns the histograms of a meter. The global one is looked up at each call, since it may be set after the start. */
export function instrumentsOf(meter: Meter = metrics.getMeter('chatwire')): Instruments {
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
