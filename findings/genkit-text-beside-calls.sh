#!/bin/bash
# @genkit-ai/compat-oai 1.42.0, the base of Genkit's plugins for OpenAI, xAI and DeepSeek: what a model says and thinks in a
# message that calls a tool is in the chunks that an application streams, but not in its messages, not in the text of the
# response, and not in the next request: the model cannot see what it has just told the user. Where such a message ends with
# `finish_reason: "stop"`, as some servers do, the arguments of the call are lost too, but only if it was not streamed: the
# tool's schema refuses its empty input. Fails if a release mends one of these.
#
# Output seen:
#   streamed "I look. Done", thought "Hm"; in the messages "Done", thought ""; in the next request null
#   finish_reason tool_calls: called with Oslo
#   finish_reason stop: INVALID_ARGUMENT
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --prefix . --silent --no-audit --no-fund --save-exact --ignore-scripts genkit@1.42.0 \
  @genkit-ai/compat-oai@1.42.0 >/dev/null
cat >check.mjs <<'JS'
import { openAICompatible } from '@genkit-ai/compat-oai'
import { genkit, z } from 'genkit'
import { createServer } from 'node:http'

const head = { id: 'chatcmpl-1', created: 1, model: 'm' }
const call = { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } }
const usage = { prompt_tokens: 9, completion_tokens: 9, total_tokens: 18 }
const first = { role: 'assistant', content: 'I look. ', reasoning_content: 'Hm', tool_calls: [call] }
const last = { role: 'assistant', content: 'Done' }

function toFrames({ role, content, reasoning_content, tool_calls: calls }, finish_reason) {
  const deltas = [
    { role, content: '' },
    ...(reasoning_content ? [{ reasoning_content }] : []),
    { content },
    ...(calls ? [{ tool_calls: calls.map((one, index) => ({ index, ...one })) }] : []),
  ]
  const chunks = [
    ...deltas.map((delta) => ({ choices: [{ index: 0, delta, finish_reason: null }] })),
    { choices: [{ index: 0, delta: {}, finish_reason }] },
    { choices: [], usage },
  ]
  const object = 'chat.completion.chunk'
  const frames = chunks.map((chunk) => `data: ${JSON.stringify({ ...head, object, ...chunk })}\n\n`)
  return [...frames, 'data: [DONE]\n\n'].join('')
}

const asked = []
let reason = 'tool_calls'
const server = createServer(async (request, reply) => {
  let text = ''
  for await (const piece of request) text += piece
  const body = JSON.parse(text)
  asked.push(body)
  const isLast = body.messages.at(-1).role === 'tool'
  const message = isLast ? last : first
  const finish_reason = isLast ? 'stop' : reason
  reply.writeHead(200, { 'content-type': body.stream ? 'text/event-stream' : 'application/json' })
  const whole = { ...head, object: 'chat.completion', choices: [{ index: 0, message, finish_reason }], usage }
  reply.end(body.stream ? toFrames(message, finish_reason) : JSON.stringify(whole))
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const baseURL = `http://127.0.0.1:${server.address().port}/v1`

const ai = genkit({ plugins: [openAICompatible({ name: 'local', apiKey: 'key', baseURL, maxRetries: 0 })] })
let called
const inputSchema = z.object({ city: z.string() })
const weather = ai.defineTool({ name: 'weather', description: 'Tells the weather', inputSchema }, async ({ city }) => {
  called = city
  return 'fine'
})
const request = { model: 'local/m', prompt: 'How is the weather?', tools: [weather] }
const join = (parts, key) => parts.map((part) => part[key] ?? '').join('')

const lines = []
const { stream, response } = ai.generateStream(request)
const streamed = []
for await (const { role, content } of stream) if (role === 'model') streamed.push(...content)
const kept = (await response).messages.filter(({ role }) => role === 'model').flatMap(({ content }) => content)
const sent = asked[1].messages.find(({ role }) => role === 'assistant').content ?? null
lines.push(
  `streamed "${join(streamed, 'text')}", thought "${join(streamed, 'reasoning')}"; ` +
    `in the messages "${join(kept, 'text')}", thought "${join(kept, 'reasoning')}"; in the next request ${sent}`,
)
for (reason of ['tool_calls', 'stop']) {
  called = undefined
  const failed = await ai.generate(request).then(
    () => undefined,
    (error) => error.status ?? error.message,
  )
  lines.push(`finish_reason ${reason}: ${failed ?? `called with ${called}`}`)
}
console.log(lines.join('\n'))
const seen = [
  'streamed "I look. Done", thought "Hm"; in the messages "Done", thought ""; in the next request null',
  'finish_reason tool_calls: called with Oslo',
  'finish_reason stop: INVALID_ARGUMENT',
]
process.exit(lines.join() === seen.join() ? 0 : 1)
JS
node check.mjs
