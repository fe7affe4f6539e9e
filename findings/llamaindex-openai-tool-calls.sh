#!/bin/bash
# @llamaindex/openai 0.4.23 (LlamaIndex.TS) loses tool calls of streams in OpenAI's format. Of a chunk it reads the first
# entry of `delta.tool_calls` only: of two calls that a server sends in one chunk, the second is dropped without a word,
# and an agent answers as if it had never been asked for. It ignores the `index` by which pieces are matched to their
# call: of two calls whose pieces come by turns, the arguments of both land in one, and the stream throws a SyntaxError.
# The stream helper of openai 6.49.0 assembles both calls from the same bytes.
# Fails if a release reads all calls.
#
# Output seen:
#   one after the other: llamaindex Oslo, Rome; openai Oslo, Rome
#   in one chunk: llamaindex Oslo; openai Oslo, Rome
#   by turns: llamaindex SyntaxError; openai Oslo, Rome
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --prefix . --silent --no-audit --no-fund --save-exact --ignore-scripts @llamaindex/openai@0.4.23 \
  @llamaindex/core@0.6.23 @llamaindex/env@0.1.31 openai@6.49.0 >/dev/null
cat >check.mjs <<'JS'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { OpenAI as LlamaOpenAI } from '@llamaindex/openai'
import OpenAI from 'openai'

const cities = ['Oslo', 'Rome']
const start = (index, text = '') => ({
  index,
  id: `call_${index}`,
  type: 'function',
  function: { name: 'weather', arguments: text },
})
const piece = (index, text) => ({ index, function: { arguments: text } })
const parts = (index) => ['{"city":"', `${cities[index]}"}`]
const [a, b] = [parts(0), parts(1)]
const STREAMS = {
  'one after the other': [
    [start(0)],
    ...a.map((text) => [piece(0, text)]),
    [start(1)],
    ...b.map((text) => [piece(1, text)]),
  ],
  'in one chunk': [[start(0, a.join('')), start(1, b.join(''))]],
  'by turns': [[start(0)], [start(1)], [piece(0, a[0])], [piece(1, b[0])], [piece(0, a[1])], [piece(1, b[1])]],
}
let chunks
const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const send = (delta, finish_reason = null) => {
    const choices = [{ index: 0, delta, finish_reason }]
    const chunk = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices }
    response.write(`data: ${JSON.stringify(chunk)}\n\n`)
  }
  send({ role: 'assistant', content: null })
  for (const tool_calls of chunks) send({ tool_calls })
  send({}, 'tool_calls')
  response.end('data: [DONE]\n\n')
}).listen(0, '127.0.0.1')
await once(server, 'listening')
const options = { apiKey: 'key', baseURL: `http://127.0.0.1:${server.address().port}/v1`, maxRetries: 0 }
const messages = [{ role: 'user', content: 'Weather?' }]
const parameters = { type: 'object', properties: { city: { type: 'string' } } }
const weather = { name: 'weather', description: 'Tells the weather', parameters }

async function askLlama() {
  const llm = new LlamaOpenAI({ model: 'm', supportToolCall: true, ...options })
  const tools = [{ metadata: weather, call: () => 'fine' }]
  const calls = new Map()
  for await (const { options: seen } of await llm.chat({ messages, tools, stream: true }))
    // A whole call has an object as its input, one that is still written a text.
    for (const { id, input } of seen?.toolCall ?? []) if (typeof input === 'object') calls.set(id, input.city)
  return [...calls.values()]
}
async function askOpenAI() {
  const tools = [{ type: 'function', function: weather }]
  const stream = new OpenAI(options).chat.completions.stream({ model: 'm', messages, tools })
  const { tool_calls } = await stream.finalMessage()
  return tool_calls.map((call) => JSON.parse(call.function.arguments).city)
}
const tell = (asking) => asking.then((found) => found.join(', '), (error) => error.name)
const seen = []
for (const [label, stream] of Object.entries(STREAMS)) {
  chunks = stream
  seen.push(`${label}: llamaindex ${await tell(askLlama())}; openai ${await tell(askOpenAI())}`)
  console.log(seen.at(-1))
}
server.closeAllConnections()
server.close()
const wrong = [
  'one after the other: llamaindex Oslo, Rome; openai Oslo, Rome',
  'in one chunk: llamaindex Oslo; openai Oslo, Rome',
  'by turns: llamaindex SyntaxError; openai Oslo, Rome',
]
if (seen.join() !== wrong.join()) process.exit(1)
JS
node check.mjs
