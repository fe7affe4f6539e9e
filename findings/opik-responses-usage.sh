#!/bin/bash
# trackOpenAI() of opik-openai 1.11.14 exchanges the two counts of OpenAI's Responses API, streamed or not: a span has the
# input tokens as `completion_tokens` and the output tokens as `prompt_tokens`. A long prompt with a short answer, such as
# every turn of an agent, is shown as the reverse, and what is reckoned from these two with it; output tokens cost several
# times as much as input tokens. The sum is right, and so are both counts of chat completions. Fails if a release tells
# them apart.
#
# Output seen:
#   server: 9000 in, 10 out
#   chat completions: prompt 9000, completion 10, total 9010
#   responses: prompt 10, completion 9000, total 9010
#   responses, streamed: prompt 10, completion 9000, total 9010
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --prefix . --silent --no-audit --no-fund --save-exact --ignore-scripts openai@6.49.0 opik@1.9.96 \
  opik-openai@1.11.14 >/dev/null
cat >check.mjs <<'JS'
import OpenAI from 'openai'
import { trackOpenAI } from 'opik-openai'

const content = [{ type: 'output_text', text: 'Hello', annotations: [] }]
const response = {
  id: 'resp_1',
  object: 'response',
  created_at: 1,
  model: 'm',
  status: 'completed',
  output: [{ type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content }],
  usage: { input_tokens: 9000, output_tokens: 10, total_tokens: 9010 },
}
const message = { role: 'assistant', content: 'Hello', refusal: null }
const completion = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message, finish_reason: 'stop', logprobs: null }],
  usage: { prompt_tokens: 9000, completion_tokens: 10, total_tokens: 9010 },
}
const fetch = async (url, { body }) => {
  if (url.endsWith('/chat/completions')) return Response.json(completion)
  if (!JSON.parse(body).stream) return Response.json(response)
  const events = [
    { type: 'response.created', sequence_number: 0, response: { ...response, status: 'in_progress', output: [], usage: null } },
    { type: 'response.completed', sequence_number: 1, response },
  ]
  const text = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('')
  return new Response(text, { headers: { 'content-type': 'text/event-stream' } })
}
let usage
const trace = {
  span: (span) => {
    usage = span.usage
  },
  update: () => {},
  end: () => {},
}
const openai = new OpenAI({ apiKey: 'key', baseURL: 'http://server.example/v1', maxRetries: 0, fetch })
const client = trackOpenAI(openai, { client: { trace: () => trace } })
const lines = ['server: 9000 in, 10 out']
const note = (label) => {
  lines.push(`${label}: prompt ${usage.prompt_tokens}, completion ${usage.completion_tokens}, total ${usage.total_tokens}`)
}

await client.chat.completions.create({ model: 'm', messages: [{ role: 'user', content: 'hi' }] })
note('chat completions')
await client.responses.create({ model: 'm', input: 'hi' })
note('responses')
for await (const _ of await client.responses.create({ model: 'm', input: 'hi', stream: true }));
note('responses, streamed')
console.log(lines.join('\n'))
const expected = [
  'server: 9000 in, 10 out',
  'chat completions: prompt 9000, completion 10, total 9010',
  'responses: prompt 10, completion 9000, total 9010',
  'responses, streamed: prompt 10, completion 9000, total 9010',
]
process.exit(lines.join() === expected.join() ? 0 : 1)
JS
node check.mjs
