#!/bin/bash
# @continuedev/openai-adapters 1.37.0 turns Anthropic's answers into Chat Completions. A whole answer becomes its first
# block: if that is thinking, the content is undefined, and calls of tools are left out whatever comes first, with the
# finish reason `stop`. In a stream parallel calls all have the index 0, by which clients put their pieces together, so
# that the arguments of two calls become one text that is no JSON; their finish reason is `stop` too. An error that is
# answered to a whole request (429) is a TypeError. Fails if a release mends one of these.
#
# Output seen:
#   whole, text and a call: content "Let me see", calls undefined, stop
#   whole, thinking and text: content undefined, calls undefined, stop
#   whole, 429: TypeError
#   streamed, two calls: indices 0 0, arguments {"city":"Oslo"}{"city":"Rome"}, stop
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --prefix . --silent --no-audit --no-fund --save-exact --ignore-scripts \
  @continuedev/openai-adapters@1.37.0 >/dev/null
cat >check.mjs <<'JS'
import { createServer } from 'node:http'
import { constructLlmApi } from '@continuedev/openai-adapters'

const usage = { input_tokens: 10, output_tokens: 5 }
const cities = ['Oslo', 'Rome']
const call = (city, at) => ({ type: 'tool_use', id: `toolu_${at}`, name: 'weather', input: { city } })
const thinking = { type: 'thinking', thinking: 'Hm', signature: 'c2ln' }
const answer = (content, stop_reason) => ({
  id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-sonnet-4-5', content, stop_reason, stop_sequence: null, usage,
})
const events = [
  { type: 'message_start', message: { ...answer([], null), stop_reason: null } },
  ...cities.flatMap((city, index) => [
    { type: 'content_block_start', index, content_block: { ...call(city, index), input: {} } },
    { type: 'content_block_delta', index, delta: { type: 'input_json_delta', partial_json: '{"city":' } },
    { type: 'content_block_delta', index, delta: { type: 'input_json_delta', partial_json: `"${city}"}` } },
    { type: 'content_block_stop', index },
  ]),
  { type: 'message_delta', delta: { stop_reason: 'tool_use', stop_sequence: null }, usage: { output_tokens: 5 } },
  { type: 'message_stop' },
]

let reply
const server = createServer((request, response) => {
  request.resume()
  const { status = 200, body } = reply
  const isStream = Array.isArray(body)
  response.writeHead(status, { 'content-type': isStream ? 'text/event-stream' : 'application/json' })
  const frames = isStream && body.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
  response.end(frames ? frames.join('') : JSON.stringify(body))
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const apiBase = `http://127.0.0.1:${server.address().port}/v1/`
const api = constructLlmApi({ provider: 'anthropic', apiKey: 'key', apiBase })
const tools = [{ type: 'function', function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } } }]
const request = { model: 'claude-sonnet-4-5', max_tokens: 100, messages: [{ role: 'user', content: 'Hi' }], tools }
const { signal } = new AbortController()
const lines = []
const say = (line) => void (lines.push(line), console.log(line))

async function whole(label, given) {
  reply = given
  const end = await api.chatCompletionNonStream({ ...request, stream: false }, signal).then(
    ({ choices: [{ message, finish_reason }] }) =>
      `content ${JSON.stringify(message.content)}, calls ${JSON.stringify(message.tool_calls)}, ${finish_reason}`,
    ({ name }) => name,
  )
  say(`whole, ${label}: ${end}`)
}

await whole('text and a call', { body: answer([{ type: 'text', text: 'Let me see' }, call('Oslo', 0)], 'tool_use') })
await whole('thinking and text', { body: answer([thinking, { type: 'text', text: 'Hello' }], 'end_turn') })
const error = { type: 'error', error: { type: 'rate_limit_error', message: 'Slow down' }, request_id: 'req_1' }
await whole('429', { status: 429, body: error })
reply = { body: events }
const indices = new Map()
let finishReason
const texts = []
for await (const { choices } of api.chatCompletionStream({ ...request, stream: true }, signal)) {
  finishReason = choices[0]?.finish_reason ?? finishReason
  for (const { index, id, function: { arguments: text = '' } } of choices[0]?.delta?.tool_calls ?? []) {
    indices.set(id, index)
    texts[index] = (texts[index] ?? '') + text
  }
}
say(`streamed, two calls: indices ${[...indices.values()].join(' ')}, arguments ${texts.join(' and ')}, ${finishReason}`)
server.close()
const seen = [
  'whole, text and a call: content "Let me see", calls undefined, stop',
  'whole, thinking and text: content undefined, calls undefined, stop',
  'whole, 429: TypeError',
  'streamed, two calls: indices 0 0, arguments {"city":"Oslo"}{"city":"Rome"}, stop',
]
process.exit(lines.join() === seen.join() ? 0 : 1)
JS
node check.mjs
