#!/bin/bash
# The tool runner of @anthropic-ai/sdk 1.14.0 lets the server hold the conversation ("message threads", a beta): its first
# request says `thread: {"type":"create"}`, and every further one has the new messages only. Nothing in a reply tells
# whether the server holds anything. A server of the same format that leaves out members it does not know (as JSON
# decoders of Go, C++ and Python's pydantic do unless told otherwise) gets a tool result without the question and without
# the call, and answers that. One that refuses unknown members as the API itself does ("Extra inputs are not permitted")
# makes the runner throw. Only `error.details.error_code: "thread_unsupported_request"` makes it send the history.
# `client.beta.messages.create()` sends no thread. Fails if a release sends the history to all three.
#
# Output seen:
#   ignores: 2 requests, messages 1 1, the last is [tool_result]
#   refuses: 1 request, messages 1, BadRequestError
#   refuses as the runner expects: 3 requests, messages 1 1 3, the last is user, assistant, [tool_result]
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --prefix . --silent --no-audit --no-fund --save-exact --ignore-scripts @anthropic-ai/sdk@1.14.0 >/dev/null
cat >check.mjs <<'JS'
import Anthropic from '@anthropic-ai/sdk'
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema'

const inputSchema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const weather = betaTool({ name: 'weather', description: 'Weather', inputSchema, run: () => '21 degrees' })
const call = { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Oslo' } }
const text = { type: 'text', text: 'It is warm.' }

/** Words for the messages of a request. */
const show = ({ role, content }) => (Array.isArray(content) && role === 'user' ? `[${content.map(({ type }) => type)}]` : role)

async function check(label, refusal) {
  const requests = []
  const fetch = async (url, { body }) => {
    const request = JSON.parse(body)
    requests.push(request)
    const error = { type: 'invalid_request_error', message: 'thread: Extra inputs are not permitted', ...refusal }
    if (refusal && request.thread) return Response.json({ type: 'error', error }, { status: 400 })
    const isAsked = request.messages.some(({ content }) => content[0]?.type === 'tool_result')
    const content = isAsked ? [text] : [call]
    const usage = { input_tokens: 1, output_tokens: 1 }
    const stop = isAsked ? 'end_turn' : 'tool_use'
    const reply = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content, stop_reason: stop, usage }
    return Response.json(reply)
  }
  const client = new Anthropic({ apiKey: 'key', baseURL: 'http://server.example', maxRetries: 0, fetch })
  const messages = [{ role: 'user', content: 'How warm is it in Oslo?' }]
  const params = { model: 'm', max_tokens: 100, messages, tools: [weather] }
  const end = await client.beta.messages.toolRunner(params).then(
    () => `the last is ${requests.at(-1).messages.map(show).join(', ')}`,
    (error) => error.constructor.name,
  )
  const count = `${requests.length} ${requests.length === 1 ? 'request' : 'requests'}`
  const line = `${label}: ${count}, messages ${requests.map((request) => request.messages.length).join(' ')}, ${end}`
  console.log(line)
  return line
}
const unsupported = { details: { error_code: 'thread_unsupported_request', unsupported: ['thread'] } }
const lines = [
  await check('ignores'),
  await check('refuses', {}),
  await check('refuses as the runner expects', unsupported),
]
const seen = [
  'ignores: 2 requests, messages 1 1, the last is [tool_result]',
  'refuses: 1 request, messages 1, BadRequestError',
  'refuses as the runner expects: 3 requests, messages 1 1 3, the last is user, assistant, [tool_result]',
]
process.exit(lines.join() === seen.join() ? 0 : 1)
JS
node check.mjs
