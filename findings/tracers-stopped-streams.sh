#!/bin/bash
# A stream that the application leaves with `break`, as on a press of Stop, has cost its prompt and what was generated. Three
# tracers of openai 6.49.0 record nothing of such a call, not even that it was made: @langfuse/openai 5.11.1, opik-openai
# 1.11.14 and @traceloop/instrumentation-openai 0.27.0. They wrap the stream in a generator that ends its span after the
# loop, and `break` makes a generator return where it stands; only `finally` runs. The same stop by an AbortSignal is
# recorded, with the part that was read, as openai ends the loop then. LangSmith 0.12.0 records both. Fails if a release
# records what was left.
#
# Output seen:
#   Langfuse: break nothing, abort "ab"
#   Opik: break nothing, abort "ab"
#   LangSmith: break "ab", abort "ab"
#   Traceloop: break nothing, abort "ab"
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --prefix . --silent --no-audit --no-fund --save-exact --ignore-scripts --legacy-peer-deps openai@6.49.0 \
  @langfuse/openai@5.11.1 @langfuse/tracing@5.11.1 @langfuse/core@5.11.1 opik-openai@1.11.14 opik@1.9.96 zod@4.6.7 \
  langsmith@0.12.0 @traceloop/instrumentation-openai@0.27.0 @opentelemetry/api@1.10.0 \
  @opentelemetry/sdk-trace-base@2.12.1 >/dev/null
cat >check.mjs <<'JS'
import { observeOpenAI } from '@langfuse/openai'
import { trace } from '@opentelemetry/api'
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { OpenAIInstrumentation } from '@traceloop/instrumentation-openai'
import { wrapOpenAI } from 'langsmith/wrappers'
import OpenAI from 'openai'
import { trackOpenAI } from 'opik-openai'

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const frame = (content) => {
  const choices = [{ index: 0, delta: { role: 'assistant', content }, finish_reason: null }]
  const chunk = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'm', choices }
  return new TextEncoder().encode(`data: ${JSON.stringify(chunk)}\n\n`)
}
async function fetch(url, { signal }) {
  const letters = [...'abcdefgh']
  const source = {
    start(controller) {
      signal.addEventListener('abort', () => controller.error(signal.reason))
    },
    async pull(controller) {
      await pause(5)
      if (signal.aborted) return
      const letter = letters.shift()
      if (letter === undefined) controller.close()
      else controller.enqueue(frame(letter))
    },
  }
  const stream = new ReadableStream(source, { highWaterMark: 0 })
  return new Response(stream, { headers: { 'content-type': 'text/event-stream' } })
}
const create = () => new OpenAI({ apiKey: 'key', baseURL: 'http://server.example/v1', maxRetries: 0, fetch })

let seen
const keep = (value) => {
  seen = value
}
function readSpan({ attributes }) {
  const messages = attributes['gen_ai.output.messages']
  return messages ? JSON.parse(messages)[0].parts[0].content : attributes['langfuse.observation.output']
}
const exporter = {
  export: ([span], done) => {
    keep(readSpan(span))
    done({ code: 0 })
  },
  shutdown: async () => {},
}
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
trace.setGlobalTracerProvider(provider)
const opikTrace = { span: ({ output }) => keep(output.message), update: () => {}, end: () => {} }
const langSmith = {
  createRun: async () => {},
  updateRun: async (id, { outputs }) => keep(outputs.choices[0].message.content),
}
const tracers = {
  Langfuse: () => observeOpenAI(create()),
  Opik: () => trackOpenAI(create(), { client: { trace: () => opikTrace } }),
  LangSmith: () => wrapOpenAI(create(), { client: langSmith, tracingEnabled: true }),
  Traceloop: () => {
    const instrumentation = new OpenAIInstrumentation()
    instrumentation.setTracerProvider(provider)
    instrumentation.manuallyInstrument(OpenAI) // of the class: last
    return create()
  },
}
async function record(client, stop) {
  seen = undefined
  const abort = new AbortController()
  const request = { model: 'm', messages: [{ role: 'user', content: 'hi' }], stream: true }
  let read = 0
  for await (const _ of await client.chat.completions.create(request, { signal: abort.signal })) {
    if (++read < 2) continue
    if (stop === 'break') break
    abort.abort()
  }
  for (let turn = 0; turn < 50 && seen === undefined; turn++) await pause(20)
  return seen === undefined ? 'nothing' : JSON.stringify(seen)
}
const lines = []
for (const [name, wrap] of Object.entries(tracers)) {
  const client = wrap()
  lines.push(`${name}: break ${await record(client, 'break')}, abort ${await record(client, 'abort')}`)
}
console.log(lines.join('\n'))
const expected = [
  'Langfuse: break nothing, abort "ab"',
  'Opik: break nothing, abort "ab"',
  'LangSmith: break "ab", abort "ab"',
  'Traceloop: break nothing, abort "ab"',
]
process.exit(lines.join() === expected.join() ? 0 : 1)
JS
node check.mjs
