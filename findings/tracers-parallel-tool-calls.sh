#!/bin/bash
# Of a stream of chat completions with two tool calls, openai 6.49.0 puts the pieces together by their `index`. Four tracers
# that wrap its client look at the first choice's first call only, or ignore `index`, and record one call that was never
# made, whose arguments are no JSON: @langfuse/openai 5.11.1, opik-openai 1.11.14, wrapOpenAI of langsmith 0.12.0 and
# @arizeai/openinference-instrumentation-openai 4.2.7. Not streamed, the same calls are recorded right by all, and
# @posthog/ai 8.13.1 records both also of the stream. The application itself sees what the server sent. Fails if a release
# records two calls.
#
# Output seen:
#   openai: weather {"city":"Oslo"}, time {"zone":"CET"}
#   Langfuse: time {"city":"Oslo"}{"zone":"CET"}
#   Opik: time {"city":"Oslo"}{"zone":"CET"}
#   LangSmith: weathertime {"city":"Oslo"}{"zone":"CET"}
#   PostHog: weather {"city":"Oslo"}, time {"zone":"CET"}
#   OpenInference: weathertime {"city":"Oslo"}{"zone":"CET"}
#   not streamed, two calls: Langfuse, Opik, LangSmith, PostHog, OpenInference
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --prefix . --silent --no-audit --no-fund --save-exact --ignore-scripts --legacy-peer-deps openai@6.49.0 \
  @langfuse/openai@5.11.1 @langfuse/tracing@5.11.1 @langfuse/core@5.11.1 opik-openai@1.11.14 opik@1.9.96 langsmith@0.12.0 \
  @arizeai/openinference-instrumentation-openai@4.2.7 @posthog/ai@8.13.1 posthog-node@5.70.0 \
  @opentelemetry/api@1.10.0 @opentelemetry/sdk-trace-base@2.12.1 >/dev/null
cat >check.mjs <<'JS'
import { OpenAIInstrumentation } from '@arizeai/openinference-instrumentation-openai'
import { observeOpenAI } from '@langfuse/openai'
import { trace } from '@opentelemetry/api'
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { OpenAI as PostHogOpenAI } from '@posthog/ai/openai'
import { wrapOpenAI } from 'langsmith/wrappers'
import OpenAI from 'openai'
import { trackOpenAI } from 'opik-openai'

const head = { id: 'chatcmpl-1', created: 1, model: 'm' }
const calls = [
  { id: 'call_a', type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } },
  { id: 'call_b', type: 'function', function: { name: 'time', arguments: '{"zone":"CET"}' } },
]
const chunk = (delta, finish_reason = null) => {
  const choices = [{ index: 0, delta, finish_reason }]
  return `data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', choices })}\n\n`
}
const piece = (index, call) => chunk({ tool_calls: [{ index, ...call }] })
const stream = [
  chunk({ role: 'assistant', content: null }),
  ...calls.flatMap(({ id, type, function: { name, arguments: text } }, index) => [
    piece(index, { id, type, function: { name, arguments: '' } }),
    piece(index, { function: { arguments: text.slice(0, 5) } }),
    piece(index, { function: { arguments: text.slice(5) } }),
  ]),
  chunk({}, 'tool_calls'),
  'data: [DONE]\n\n',
].join('')
const message = { role: 'assistant', content: null, refusal: null, tool_calls: calls }
const usage = { prompt_tokens: 9, completion_tokens: 9, total_tokens: 18 }
const choice = { index: 0, message, finish_reason: 'tool_calls', logprobs: null }
const whole = { ...head, object: 'chat.completion', choices: [choice], usage }
const fetch = async (url, { body }) =>
  JSON.parse(body).stream
    ? new Response(stream, { headers: { 'content-type': 'text/event-stream' } })
    : Response.json(whole)
const options = { apiKey: 'key', baseURL: 'http://server.example/v1', maxRetries: 0, fetch }
const create = () => new OpenAI(options)
const show = (list) => list.map(({ function: { name, arguments: text } }) => `${name} ${text}`).join(', ')

const spans = []
const exporter = {
  export: (list, done) => {
    spans.push(...list)
    done({ code: 0 })
  },
  shutdown: async () => {},
}
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
trace.setGlobalTracerProvider(provider)

let seen
const keep = (value) => {
  seen = value ?? seen
}
const opikTrace = { span: ({ output }) => keep(output.tool_calls), update: () => {}, end: () => {} }
const langSmith = {
  createRun: async () => {},
  updateRun: async (id, { outputs }) => keep(outputs.choices[0].message.tool_calls),
}
const postHog = { capture: ({ properties }) => keep(properties.$ai_output_choices[0].content) }
const tracers = {
  Langfuse: () => observeOpenAI(create()),
  Opik: () => trackOpenAI(create(), { client: { trace: () => opikTrace } }),
  LangSmith: () => wrapOpenAI(create(), { client: langSmith, tracingEnabled: true }),
  PostHog: () => new PostHogOpenAI({ ...options, posthog: { ...postHog, options: {} } }),
  OpenInference: () => {
    const instrumentation = new OpenAIInstrumentation()
    instrumentation.setTracerProvider(provider)
    instrumentation.manuallyInstrument(OpenAI) // of the class: last
    return create()
  },
}

/** The calls in the last span. */
function readSpan() {
  const attributes = spans.pop()?.attributes ?? {}
  const json = attributes['langfuse.observation.output']
  if (json) return JSON.parse(json).tool_calls
  const prefix = 'llm.output_messages.0.message.tool_calls'
  const name = (index) => attributes[`${prefix}.${index}.tool_call.function.name`]
  const text = (index) => attributes[`${prefix}.${index}.tool_call.function.arguments`]
  return [0, 1].filter(name).map((index) => ({ function: { name: name(index), arguments: text(index) } }))
}

async function record(client, isStream) {
  seen = undefined
  const request = { model: 'm', messages: [{ role: 'user', content: 'hi' }], stream: isStream }
  const reply = await client.chat.completions.create(request)
  if (isStream) for await (const _ of reply);
  for (let turn = 0; turn < 100 && !seen && spans.length === 0; turn++) await new Promise((resolve) => setTimeout(resolve, 20))
  return show(seen ?? readSpan())
}
const final = await create().chat.completions.stream({ model: 'm', messages: [] }).finalMessage()
const lines = [`openai: ${show(final.tool_calls)}`]
const both = show(calls)
const right = []
for (const [name, wrap] of Object.entries(tracers)) {
  const client = wrap()
  lines.push(`${name}: ${await record(client, true)}`)
  if ((await record(client, false)) === both) right.push(name)
}
lines.push(`not streamed, two calls: ${right.join(', ')}`)
console.log(lines.join('\n'))
const joined = '{"city":"Oslo"}{"zone":"CET"}'
const expected = [
  `openai: ${both}`,
  `Langfuse: time ${joined}`,
  `Opik: time ${joined}`,
  `LangSmith: weathertime ${joined}`,
  `PostHog: ${both}`,
  `OpenInference: weathertime ${joined}`,
  'not streamed, two calls: Langfuse, Opik, LangSmith, PostHog, OpenInference',
]
process.exit(lines.join() === expected.join() ? 0 : 1)
JS
node check.mjs
