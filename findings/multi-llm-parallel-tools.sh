#!/bin/bash
# multi-llm-ts 5.1.1: `complete` with its Anthropic engine runs one tool of a message that calls two: the last. The next
# request repeats both calls and has one result, which the API refuses (each tool_use needs its tool_result in the next
# message). `generate`, its stream, runs both. Its engine for OpenAI's Responses API ignores `response.failed`: half a
# reply ends with `done: true`, without an error. Fails if a release mends one of these.
#
# Output seen:
#   complete: ran Rome; calls toolu_0 toolu_1, results toolu_1
#   generate: ran Oslo Rome; calls toolu_0 toolu_1, results toolu_0 toolu_1
#   a failed response: Half, done true
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --prefix . --silent --no-audit --no-fund --save-exact --ignore-scripts multi-llm-ts@5.1.1 >/dev/null
cat >check.mjs <<'JS'
import { createServer } from 'node:http'

const log = console.log
console.log = () => {} // the engines log their steps
const { igniteEngine, Message, Plugin } = await import('multi-llm-ts')

const usage = { input_tokens: 10, output_tokens: 5 }
const calls = ['Oslo', 'Rome'].map((city, at) => ({ type: 'tool_use', id: `toolu_${at}`, name: 'weather', input: { city } }))
const message = (content, stop_reason) => ({
  id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-sonnet-4-5', content, stop_reason, stop_sequence: null, usage,
})
const toEvents = ({ content, stop_reason, ...head }) => [
  { type: 'message_start', message: { ...head, content: [], stop_reason: null } },
  ...content.flatMap((block, index) => [
    { type: 'content_block_start', index, content_block: block.type === 'text' ? { ...block, text: '' } : { ...block, input: {} } },
    {
      type: 'content_block_delta',
      index,
      delta:
        block.type === 'text'
          ? { type: 'text_delta', text: block.text }
          : { type: 'input_json_delta', partial_json: JSON.stringify(block.input) },
    },
    { type: 'content_block_stop', index },
  ]),
  { type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 5 } },
  { type: 'message_stop' },
]
const response = { id: 'resp_1', object: 'response', created_at: 1, model: 'gpt-5', output: [], status: 'in_progress' }
const item = { id: 'msg_1', type: 'message', role: 'assistant', status: 'in_progress', content: [] }
const part = { item_id: 'msg_1', output_index: 0, content_index: 0 }
const error = { code: 'server_error', message: 'The model failed' }
const failed = [
  { type: 'response.created', response },
  { type: 'response.output_item.added', output_index: 0, item },
  { type: 'response.content_part.added', ...part, part: { type: 'output_text', text: '', annotations: [] } },
  { type: 'response.output_text.delta', ...part, delta: 'Half', logprobs: [] },
  { type: 'response.failed', response: { ...response, status: 'failed', error } },
].map((event, sequence_number) => ({ ...event, sequence_number }))

const asked = []
const server = createServer(async (request, reply) => {
  let text = ''
  for await (const piece of request) text += piece
  const body = JSON.parse(text)
  asked.push(body)
  const isSecond = body.messages?.length > 1
  const answer = isSecond ? message([{ type: 'text', text: 'Fine' }], 'end_turn') : message(calls, 'tool_use')
  reply.writeHead(200, { 'content-type': body.stream ? 'text/event-stream' : 'application/json' })
  const events = request.url.endsWith('/responses') ? failed : toEvents(answer)
  const frames = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
  reply.end(body.stream ? frames.join('') : JSON.stringify(answer))
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const baseURL = `http://127.0.0.1:${server.address().port}`

const ran = []
class Weather extends Plugin {
  isEnabled = () => true
  getName = () => 'weather'
  getDescription = () => 'Tells the weather'
  getRunningDescription = () => 'Looking'
  getParameters = () => [{ name: 'city', type: 'string', description: 'A city', required: true }]
  execute = async (_context, { city }) => (ran.push(city), { weather: 'fine' })
}
const capabilities = { tools: true, vision: false, reasoning: false, caching: false }
const modelOf = (id) => ({ id, name: id, capabilities })
const thread = [new Message('system', 'Be brief'), new Message('user', 'How is the weather?')]

const lines = []
const say = (line) => void (lines.push(line), log(line))
const claude = igniteEngine('anthropic', { apiKey: 'key', baseURL })
claude.addPlugin(new Weather())
const ways = {
  complete: () => claude.complete(modelOf('claude-sonnet-4-5'), thread, { maxTokens: 1000 }),
  generate: async () => {
    for await (const _chunk of claude.generate(modelOf('claude-sonnet-4-5'), thread, { maxTokens: 1000 }));
  },
}
for (const [name, run] of Object.entries(ways)) {
  asked.length = ran.length = 0
  await run()
  const blocks = asked.at(-1).messages.flatMap(({ content }) => (Array.isArray(content) ? content : []))
  const ids = (type, key) => blocks.filter((block) => block.type === type).map((block) => block[key]).join(' ')
  say(`${name}: ran ${ran.join(' ')}; calls ${ids('tool_use', 'id')}, results ${ids('tool_result', 'tool_use_id')}`)
}
const openai = igniteEngine('openai', { apiKey: 'key', baseURL: `${baseURL}/v1` })
let text = ''
let done
for await (const chunk of openai.generate(modelOf('gpt-5'), thread, { useResponsesApi: true })) {
  if (chunk.type !== 'content') continue
  text += chunk.text
  done = chunk.done
}
say(`a failed response: ${text}, done ${done}`)
server.close()
const seen = [
  'complete: ran Rome; calls toolu_0 toolu_1, results toolu_1',
  'generate: ran Oslo Rome; calls toolu_0 toolu_1, results toolu_0 toolu_1',
  'a failed response: Half, done true',
]
process.exit(lines.join() === seen.join() ? 0 : 1)
JS
node check.mjs
