#!/bin/bash
# A loop over a stream of openai 6.49.0 that is left with `break` cancels the request, so that the server stops generating
# what nobody wants. Once @arizeai/openinference-instrumentation-openai 4.2.7 traces the same client, it does not: the
# application gets one half of `stream.tee()`, the tracer reads the other half to its end, and every token is generated
# and paid. The span then has the whole text as if the application had read it. The chunk with the usage that ends the
# stream (`stream_options: { include_usage: true }`) is left out of it: no token count, while one of the same call that is
# not streamed has all. Aborting with a signal still ends the request. Fails if a release cancels, or counts.
#
# Output seen:
#   openai: 3 chunks read, 3 of 52 sent, canceled (sometimes 4)
#   traced: 3 chunks read, 52 of 52 sent; span: 100 characters, no token counts
#   traced, not streamed: 9 and 50 tokens
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --prefix . --silent --no-audit --no-fund --save-exact --ignore-scripts --legacy-peer-deps openai@6.49.0 \
  @arizeai/openinference-instrumentation-openai@4.2.7 @opentelemetry/api@1.10.0 \
  @opentelemetry/sdk-trace-base@2.12.1 >/dev/null
cat >check.mjs <<'JS'
import { OpenAIInstrumentation } from '@arizeai/openinference-instrumentation-openai'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import OpenAI from 'openai'

const usage = { prompt_tokens: 9, completion_tokens: 50, total_tokens: 59 }
const head = { id: 'chatcmpl-1', created: 1, model: 'm' }
const frame = (rest) => `data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', ...rest })}\n\n`
const words = Array.from({ length: 50 }, () => frame({ choices: [{ index: 0, delta: { content: 'a ' }, finish_reason: null }] }))
const end = frame({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })
const frames = [...words, end, `${frame({ choices: [], usage })}data: [DONE]\n\n`]
const message = { role: 'assistant', content: 'a', refusal: null }
const choices = [{ index: 0, message, finish_reason: 'stop', logprobs: null }]

let sent
let isCanceled
let over
async function fetch(url, { body }) {
  if (!JSON.parse(body).stream) return Response.json({ ...head, object: 'chat.completion', choices, usage })
  sent = 0
  isCanceled = false
  let settle
  over = new Promise((resolve) => {
    settle = resolve
  })
  const source = {
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 5))
      if (isCanceled) return
      if (sent < frames.length) return controller.enqueue(new TextEncoder().encode(frames[sent++]))
      controller.close()
      settle()
    },
    cancel() {
      isCanceled = true
      settle()
    },
  }
  const stream = new ReadableStream(source, { highWaterMark: 0 })
  return new Response(stream, { headers: { 'content-type': 'text/event-stream' } })
}
const create = () => new OpenAI({ apiKey: 'key', baseURL: 'http://server.example/v1', maxRetries: 0, fetch })
const request = { model: 'm', messages: [{ role: 'user', content: 'hi' }] }

async function leave(client) {
  let read = 0
  const asked = { ...request, stream: true, stream_options: { include_usage: true } }
  for await (const _ of await client.chat.completions.create(asked)) if (++read === 3) break
  await over
  return { read, sent, isCanceled }
}
const plain = await leave(create())

const exporter = new InMemorySpanExporter()
const instrumentation = new OpenAIInstrumentation()
instrumentation.setTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }))
instrumentation.manuallyInstrument(OpenAI)
const client = create()
const traced = await leave(client)
while (exporter.getFinishedSpans().length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
await client.chat.completions.create(request)
const [streamed, whole] = exporter.getFinishedSpans().map(({ attributes }) => attributes)
const prompt = 'llm.token_count.prompt'
const completion = 'llm.token_count.completion'
const text = streamed['llm.output_messages.0.message.content']
const counts = streamed[prompt] === undefined ? 'no token counts' : 'token counts'
const show = (label, seen) =>
  `${label}: ${seen.read} chunks read, ${seen.sent} of ${frames.length} sent${seen.isCanceled ? ', canceled' : ''}`
const lines = [
  show('openai', plain),
  `${show('traced', traced)}; span: ${text.length} characters, ${counts}`,
  `traced, not streamed: ${whole[prompt]} and ${whole[completion]} tokens`,
]
console.log(lines.join('\n'))
const isSeen =
  plain.isCanceled &&
  plain.sent < 10 &&
  !traced.isCanceled &&
  traced.sent === frames.length &&
  counts === 'no token counts' &&
  whole[completion] === 50
process.exit(isSeen ? 0 : 1)
JS
node check.mjs
