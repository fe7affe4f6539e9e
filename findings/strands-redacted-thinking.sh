#!/bin/bash
# @strands-agents/sdk 1.19.0, with Claude: redacted thinking, whose data Anthropic's API gives as a text and demands back
# unchanged while tools run, goes back as an object with a number for each of its characters. The API takes texts only, so
# that an agent stops at its first tool call after such a block. Signed thinking goes back as it was. Fails if a release
# mends it.
#
# Output seen:
#   came: thinking "c2lnbmVk", redacted_thinking "b3BhcXVl"
#   went: thinking "c2lnbmVk", redacted_thinking {"0":98,"1":51,"2":66,"3":104,"4":99,"5":88,"6":86,"7":108}
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --prefix . --silent --no-audit --no-fund --save-exact --ignore-scripts --legacy-peer-deps \
  @strands-agents/sdk@1.19.0 @anthropic-ai/sdk@0.109.1 @modelcontextprotocol/sdk@1.32.2 @opentelemetry/api@1.10.0 \
  zod@4.6.7 >/dev/null
cat >check.mjs <<'JS'
import { Agent, tool } from '@strands-agents/sdk'
import { AnthropicModel } from '@strands-agents/sdk/models/anthropic'
import { createServer } from 'node:http'
import * as z from 'zod'

const signature = 'c2lnbmVk'
const data = 'b3BhcXVl'
const thinking = [
  { content_block: { type: 'thinking', thinking: '', signature: '' } },
  { delta: { type: 'thinking_delta', thinking: 'Hm' } },
  { delta: { type: 'signature_delta', signature } },
]
const redacted = [{ content_block: { type: 'redacted_thinking', data } }]
const call = [
  { content_block: { type: 'tool_use', id: 'toolu_1', name: 'weather', input: {} } },
  { delta: { type: 'input_json_delta', partial_json: '{"city":"Oslo"}' } },
]
const text = [{ content_block: { type: 'text', text: '' } }, { delta: { type: 'text_delta', text: 'Fine' } }]

function toFrames(blocks, stop_reason) {
  const usage = { input_tokens: 9, output_tokens: 9 }
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-sonnet-4-5', content: [], usage }
  const events = [
    { type: 'message_start', message: { ...message, stop_reason: null, stop_sequence: null } },
    ...blocks.flatMap((parts, index) => [
      ...parts.map((part) => ({ type: part.delta ? 'content_block_delta' : 'content_block_start', index, ...part })),
      { type: 'content_block_stop', index },
    ]),
    { type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage },
    { type: 'message_stop' },
  ]
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('')
}

const asked = []
const server = createServer(async (request, reply) => {
  let body = ''
  for await (const piece of request) body += piece
  asked.push(JSON.parse(body))
  reply.writeHead(200, { 'content-type': 'text/event-stream' })
  reply.end(asked.length > 1 ? toFrames([text], 'end_turn') : toFrames([thinking, redacted, call], 'tool_use'))
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const baseURL = `http://127.0.0.1:${server.address().port}`

const weather = tool({
  name: 'weather',
  description: 'Tells the weather',
  inputSchema: z.object({ city: z.string() }),
  callback: () => 'fine',
})
const model = new AnthropicModel({
  modelId: 'claude-sonnet-4-5',
  apiKey: 'key',
  maxTokens: 3000,
  params: { thinking: { type: 'enabled', budget_tokens: 1024 } },
  clientConfig: { baseURL, maxRetries: 0 },
})
await new Agent({ model, tools: [weather], printer: false }).invoke('How is the weather?')

const show = (blocks) => blocks.map(({ type, ...block }) => `${type} ${JSON.stringify(block.signature ?? block.data)}`)
const { content } = asked[1].messages.find(({ role }) => role === 'assistant')
const came = [{ type: 'thinking', signature }, { type: 'redacted_thinking', data }]
const went = content.filter(({ type }) => type.endsWith('thinking'))
console.log(`came: ${show(came).join(', ')}\nwent: ${show(went).join(', ')}`)
const [signed, opaque] = went
const isSeen = signed.signature === signature && typeof opaque.data === 'object' && opaque.data[0] === data.charCodeAt(0)
process.exit(isSeen ? 0 : 1)
JS
node check.mjs
