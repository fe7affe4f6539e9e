#!/bin/bash
# @traceloop/instrumentation-openai 0.27.0 takes part in streams of openai 6.49.0, a version that it supports (">=4 <7"):
# - `client.chat.completions.stream()`, the client's own helper, throws in the application: it reads the `controller` of
#   the stream, and the tracer has put a plain generator in its place. The server has been asked, and paid, by then.
# - A stream with `stream_options: { include_usage: true }` gets no token counts, though its last chunk has them.
# - A stream of the Responses API gets neither output nor counts. Not streamed, both APIs get both.
# Fails if a release changes any.
#
# Output seen:
#   stream(): "Hello"
#   traced, stream(): TypeError: Cannot read properties of undefined (reading 'signal')
#   chat completions: output, 9 and 2 tokens
#   chat completions, streamed: output, no tokens
#   responses: output, 9 and 2 tokens
#   responses, streamed: no output, no tokens
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --prefix . --silent --no-audit --no-fund --save-exact --ignore-scripts --legacy-peer-deps openai@6.49.0 \
  @traceloop/instrumentation-openai@0.27.0 @opentelemetry/api@1.10.0 @opentelemetry/sdk-trace-base@2.12.1 >/dev/null
cat >check.mjs <<'JS'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { OpenAIInstrumentation } from '@traceloop/instrumentation-openai'
import OpenAI from 'openai'

const head = { id: 'chatcmpl-1', created: 1, model: 'm' }
const usage = { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 }
const message = { role: 'assistant', content: 'Hello', refusal: null }
const choices = [{ index: 0, message, finish_reason: 'stop', logprobs: null }]
const completion = { ...head, object: 'chat.completion', choices, usage }
const chunk = (rest) => ({ ...head, object: 'chat.completion.chunk', ...rest })
const chunks = [
  chunk({ choices: [{ index: 0, delta: { role: 'assistant', content: 'Hel' }, finish_reason: null }] }),
  chunk({ choices: [{ index: 0, delta: { content: 'lo' }, finish_reason: null }] }),
  chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }),
  chunk({ choices: [], usage }),
]
const text = { type: 'output_text', text: 'Hello', annotations: [], logprobs: [] }
const item = { type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content: [text] }
const response = {
  id: 'resp_1',
  object: 'response',
  created_at: 1,
  model: 'm',
  status: 'completed',
  output: [item],
  usage: { input_tokens: 9, output_tokens: 2, total_tokens: 11 },
}
const at = { item_id: 'msg_1', output_index: 0, content_index: 0 }
const events = [
  { type: 'response.created', response: { ...response, status: 'in_progress', output: [], usage: null } },
  { type: 'response.output_item.added', output_index: 0, item: { ...item, status: 'in_progress', content: [] } },
  { type: 'response.content_part.added', ...at, part: { ...text, text: '' } },
  { type: 'response.output_text.delta', ...at, delta: 'Hello', logprobs: [] },
  { type: 'response.output_text.done', ...at, text: 'Hello', logprobs: [] },
  { type: 'response.content_part.done', ...at, part: text },
  { type: 'response.output_item.done', output_index: 0, item },
  { type: 'response.completed', response },
].map((event, sequence_number) => ({ ...event, sequence_number }))

async function fetch(url, { body }) {
  const isChat = url.endsWith('/chat/completions')
  if (!JSON.parse(body).stream) return Response.json(isChat ? completion : response)
  const frames = isChat
    ? [...chunks.map((value) => `data: ${JSON.stringify(value)}`), 'data: [DONE]']
    : events.map((value) => `event: ${value.type}\ndata: ${JSON.stringify(value)}`)
  return new Response(`${frames.join('\n\n')}\n\n`, { headers: { 'content-type': 'text/event-stream' } })
}
const create = () => new OpenAI({ apiKey: 'key', baseURL: 'http://server.example/v1', maxRetries: 0, fetch })
const chat = { model: 'm', messages: [{ role: 'user', content: 'hi' }] }
const include = { stream_options: { include_usage: true } }
const help = async (client) => {
  try {
    return JSON.stringify(await client.chat.completions.stream({ ...chat, ...include }).finalContent())
  } catch (error) {
    return `${error.cause?.constructor.name ?? error.constructor.name}: ${error.message}`
  }
}
const lines = [`stream(): ${await help(create())}`]

const exporter = new InMemorySpanExporter()
const instrumentation = new OpenAIInstrumentation()
instrumentation.setTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }))
instrumentation.manuallyInstrument(OpenAI)
const client = create()
lines.push(`traced, stream(): ${await help(client)}`)

async function trace(label, call) {
  exporter.reset()
  const reply = await call()
  if (reply[Symbol.asyncIterator]) for await (const _ of reply);
  while (exporter.getFinishedSpans().length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  const [{ attributes }] = exporter.getFinishedSpans()
  const output = attributes['gen_ai.output.messages']?.includes('"Hello"') ? 'output' : 'no output'
  const input = attributes['gen_ai.usage.input_tokens']
  const tokens = input === undefined ? 'no tokens' : `${input} and ${attributes['gen_ai.usage.output_tokens']} tokens`
  lines.push(`${label}: ${output}, ${tokens}`)
}
await trace('chat completions', () => client.chat.completions.create(chat))
await trace('chat completions, streamed', () => client.chat.completions.create({ ...chat, ...include, stream: true }))
await trace('responses', () => client.responses.create({ model: 'm', input: 'hi' }))
await trace('responses, streamed', () => client.responses.create({ model: 'm', input: 'hi', stream: true }))
console.log(lines.join('\n'))
const expected = [
  'stream(): "Hello"',
  "traced, stream(): TypeError: Cannot read properties of undefined (reading 'signal')",
  'chat completions: output, 9 and 2 tokens',
  'chat completions, streamed: output, no tokens',
  'responses: output, 9 and 2 tokens',
  'responses, streamed: no output, no tokens',
]
process.exit(lines.join() === expected.join() ? 0 : 1)
JS
node check.mjs
