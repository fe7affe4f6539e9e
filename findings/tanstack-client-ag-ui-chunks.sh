#!/bin/bash
# @tanstack/ai-client 0.33.2 speaks AG-UI, whose events TEXT_MESSAGE_CHUNK and TOOL_CALL_CHUNK stand for the three of
# start, content and end (docs.ag-ui.com, Events). Of a run that a server sends with them, its ChatClient keeps nothing:
# sendMessage resolves, the status is `ready`, and there is no reply and no error. @ag-ui/client 1.0.0 reads the same bytes
# as a text and a call. Fails if a release reads them.
#
# Output seen:
#   @ag-ui/client: text "Hello", call lookup {"q":1}
#   @tanstack/ai-client: ready, no error, no reply
#   @tanstack/ai-client, start, content and end: ready, no error, text "Hello"
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --prefix . --silent --no-audit --no-fund --save-exact --ignore-scripts @ag-ui/client@1.0.0 \
  @tanstack/ai@0.58.0 @tanstack/ai-client@0.33.2 >/dev/null
cat >check.mjs <<'JS'
import { HttpAgent } from '@ag-ui/client'
import { ChatClient, fetchServerSentEvents } from '@tanstack/ai-client'

const run = { threadId: 'thread', runId: 'run', timestamp: 1 }
const message = { messageId: 'message', timestamp: 1 }
const call = { toolCallId: 'call', timestamp: 1 }
const chunks = [
  { type: 'RUN_STARTED', ...run },
  { type: 'TEXT_MESSAGE_CHUNK', ...message, role: 'assistant', delta: 'Hel' },
  { type: 'TEXT_MESSAGE_CHUNK', ...message, delta: 'lo' },
  { type: 'TOOL_CALL_CHUNK', ...call, toolCallName: 'lookup', parentMessageId: 'message', delta: '{"q"' },
  { type: 'TOOL_CALL_CHUNK', ...call, delta: ':1}' },
  { type: 'RUN_FINISHED', ...run },
]
const triple = [
  { type: 'RUN_STARTED', ...run },
  { type: 'TEXT_MESSAGE_START', ...message, role: 'assistant' },
  { type: 'TEXT_MESSAGE_CONTENT', ...message, delta: 'Hello' },
  { type: 'TEXT_MESSAGE_END', ...message },
  { type: 'RUN_FINISHED', ...run },
]
let events = chunks
globalThis.fetch = async () =>
  new Response(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''), {
    headers: { 'content-type': 'text/event-stream' },
  })

async function agUi() {
  const agent = new HttpAgent({ url: 'http://agent.example/' })
  await agent.runAgent({ runId: 'run' })
  const [{ content, toolCalls }] = agent.messages
  return `text "${content}", call ${toolCalls[0].function.name} ${toolCalls[0].function.arguments}`
}
async function tanStack() {
  let error = 'no error'
  const onError = (thrown) => {
    error = thrown.message
  }
  const client = new ChatClient({ connection: fetchServerSentEvents('http://agent.example/'), onError })
  await client.sendMessage('hi')
  const parts = client.getMessages().flatMap((item) => (item.role === 'assistant' ? item.parts : []))
  const reply = parts.map(({ type, content }) => `${type} "${content}"`).join(', ')
  return `${client.getStatus()}, ${error}, ${reply === '' ? 'no reply' : reply}`
}
const lines = [`@ag-ui/client: ${await agUi()}`, `@tanstack/ai-client: ${await tanStack()}`]
events = triple
lines.push(`@tanstack/ai-client, start, content and end: ${await tanStack()}`)
console.log(lines.join('\n'))
const seen = [
  '@ag-ui/client: text "Hello", call lookup {"q":1}',
  '@tanstack/ai-client: ready, no error, no reply',
  '@tanstack/ai-client, start, content and end: ready, no error, text "Hello"',
]
process.exit(lines.join() === seen.join() ? 0 : 1)
JS
node check.mjs
