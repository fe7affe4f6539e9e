/**
 * Entry for OpenTelemetry: traces and metrics by the conventions for generative AI. Requires `@opentelemetry/api`.
 * @module chatwire/otel
 */
export type { TracedOptions } from './otel/options.ts'
export { traced } from './otel/traced.ts'
