#!/bin/bash
# @strands-agents/sdk 1.19.0: with OpenAI's Chat Completions, an agent runs one tool of a message that calls two: the last.
# The first call, and a text before the calls, are streamed to the application, but are in no message: its adapter ends the
# blocks of a message only at the finish reason, and each block that starts drops the one before it. The model sees half of
# its turn and never learns of the other call. Its adapter for the Responses API runs both. Leaving the loop over a stream
# of an agent does not end the request in either: the server generates, and bills, all of it. Fails if a release mends one
# of these.
#
# Output seen:
#   chat: streamed Looking, Oslo and Rome; ran Rome; the next request has no text, calls call_1
#   responses: streamed Looking, Oslo and Rome; ran Oslo Rome; the next request has a text, calls call_0 call_1
#   left after 3 pieces: the request is open
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --prefix . --silent --no-audit --no-fund --save-exact --ignore-scripts --legacy-peer-deps \
  @strands-agents/sdk@1.19.0 openai@6.49.0 @modelcontextprotocol/sdk@1.32.2 @opentelemetry/api@1.10.0 zod@4.6.7 >/dev/null
cat >check.mjs <<'JS'
import { Agent, tool } from '@strands-agents/sdk'
import { OpenAIModel } from '@strands-agents/sdk/models/openai'
import { createServer } from 'node:http'
import * as z from 'zod'

const cities = ['Oslo', 'Rome']
const inputs = cities.map((city) => JSON.stringify({ city }))

/** A reply as OpenAI streams it in Chat Completions: a text, then one call after the other. */
function toChunks(text, calls) {
  const choice = (delta, finish_reason = null) => ({ choices: [{ index: 0, delta, finish_reason }] })
  const pieces = calls.flatMap((input, index) => [
    { index, id: `call_${index}`, type: 'function', function: { name: 'weather', arguments: '' } },
    { index, function: { arguments: input } },
  ])
  const chunks = [
    choice({ role: 'assistant', content: '' }),
    choice({ content: text }),
    ...pieces.map((piece) => choice({ tool_calls: [piece] })),
    choice({}, calls.length > 0 ? 'tool_calls' : 'stop'),
  ]
  const head = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-5' }
  const frames = chunks.map((chunk) => `data: ${JSON.stringify({ ...head, ...chunk })}\n\n`)
  return [...frames, 'data: [DONE]\n\n']
}

/** The same reply in the Responses API. */
function toEvents(text, calls) {
  const part = { type: 'output_text', text: '', annotations: [] }
  const message = { id: 'msg_1', type: 'message', role: 'assistant', status: 'in_progress', content: [] }
  const said = { item_id: 'msg_1', output_index: 0, content_index: 0 }
  const whole = { ...message, status: 'completed', content: [{ ...part, text }] }
  const items = calls.map((input, at) => ({
    id: `fc_${at}`, type: 'function_call', call_id: `call_${at}`, name: 'weather', arguments: input, status: 'completed',
  }))
  const usage = {
    input_tokens: 9, output_tokens: 9, total_tokens: 18,
    input_tokens_details: { cached_tokens: 0 }, output_tokens_details: { reasoning_tokens: 0 },
  }
  const response = { id: 'resp_1', object: 'response', created_at: 1, model: 'gpt-5', status: 'in_progress', output: [] }
  const events = [
    { type: 'response.created', response },
    { type: 'response.output_item.added', output_index: 0, item: message },
    { type: 'response.content_part.added', ...said, part },
    { type: 'response.output_text.delta', ...said, delta: text, logprobs: [] },
    { type: 'response.output_text.done', ...said, text, logprobs: [] },
    { type: 'response.content_part.done', ...said, part: { ...part, text } },
    { type: 'response.output_item.done', output_index: 0, item: whole },
    ...items.flatMap((item, at) => {
      const where = { item_id: item.id, output_index: at + 1 }
      return [
        { type: 'response.output_item.added', output_index: at + 1, item: { ...item, arguments: '', status: 'in_progress' } },
        { type: 'response.function_call_arguments.delta', ...where, delta: item.arguments },
        { type: 'response.function_call_arguments.done', ...where, arguments: item.arguments, name: 'weather' },
        { type: 'response.output_item.done', output_index: at + 1, item },
      ]
    }),
    { type: 'response.completed', response: { ...response, status: 'completed', output: [whole, ...items], usage } },
  ]
  return events.map((event, sequence_number) => {
    return `event: ${event.type}\ndata: ${JSON.stringify({ ...event, sequence_number })}\n\n`
  })
}

const asked = []
let isEndless = false
let isOpen = false
const server = createServer(async (request, reply) => {
  let body = ''
  for await (const piece of request) body += piece
  asked.push(JSON.parse(body))
  const encode = request.url.endsWith('/responses') ? toEvents : toChunks
  reply.writeHead(200, { 'content-type': 'text/event-stream' })
  if (isEndless) {
    isOpen = true
    reply.once('close', () => {
      isOpen = false
    })
    const [first, word] = toChunks('word ', [])
    reply.write(first + word.repeat(5))
  } else reply.end((asked.length > 1 ? encode('Fine', []) : encode('Looking', inputs)).join(''))
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const baseURL = `http://127.0.0.1:${server.address().port}/v1`

const ran = []
const weather = tool({
  name: 'weather',
  description: 'Tells the weather',
  inputSchema: z.object({ city: z.string() }),
  callback: ({ city }) => (ran.push(city), `${city} is fine`),
})
const create = (api) =>
  new Agent({
    model: new OpenAIModel({ api, modelId: 'gpt-5', apiKey: 'key', clientConfig: { baseURL, maxRetries: 0 } }),
    tools: [weather],
    printer: false,
  })
const deltaOf = (event) => [event, event.event].find((one) => one?.type === 'modelContentBlockDeltaEvent')?.delta

const lines = []
for (const api of ['chat', 'responses']) {
  asked.length = ran.length = 0
  let streamed = ''
  for await (const event of create(api).stream('How is the weather?')) {
    const delta = deltaOf(event)
    if (asked.length === 1) streamed += delta?.text ?? delta?.input ?? ''
  }
  const next = asked[1].messages ?? asked[1].input
  const ids = next.flatMap(({ tool_calls: calls, type, call_id: id }) => [
    ...(calls ?? []).map((call) => call.id),
    ...(type === 'function_call' ? [id] : []),
  ])
  const isWhole = streamed === `Looking${inputs.join('')}`
  const has = JSON.stringify(next).includes('Looking') ? 'a' : 'no'
  lines.push(
    `${api}: streamed ${isWhole ? 'Looking, Oslo and Rome' : streamed}; ran ${ran.join(' ')}; ` +
      `the next request has ${has} text, calls ${ids.join(' ')}`,
  )
}
isEndless = true
let read = 0
for await (const event of create('chat').stream('Write')) if (deltaOf(event) && ++read === 3) break
for (let turn = 0; turn < 20 && isOpen; turn++) await new Promise((resolve) => setTimeout(resolve, 50))
lines.push(`left after ${read} pieces: the request is ${isOpen ? 'open' : 'closed'}`)
console.log(lines.join('\n'))
const seen = [
  'chat: streamed Looking, Oslo and Rome; ran Rome; the next request has no text, calls call_1',
  'responses: streamed Looking, Oslo and Rome; ran Oslo Rome; the next request has a text, calls call_0 call_1',
  'left after 3 pieces: the request is open',
]
process.exit(lines.join() === seen.join() ? 0 : 1)
JS
node check.mjs
