#!/bin/bash
# In a run of several steps, a model thinks, calls a tool, reads its result, thinks again and calls another. AG-UI has a
# message for the thinking before that of each step, with the provider's signature in `encryptedValue`, and
# TOOL_CALL_START names the message of its step. Claude wants the thinking back in that place until the turn ends
# (platform.claude.com, Extended thinking with tool use). In its next request, @tanstack/ai-client 0.33.2 puts all
# thinking of the run first, and the calls of both steps into one message (a step that also has text keeps a message of its
# own): to the model, the second call was made beside the first, before its result. @ag-ui/client 1.0.0 returns the same
# run in order. Fails if a release does too.
#
# Output seen:
#   @ag-ui/client: user, reasoning first (1), assistant c1, tool c1, reasoning second (2), assistant c2, tool c2
#   @tanstack/ai-client: user, reasoning first (1), reasoning second (2), assistant c1 c2, tool c1, tool c2
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

const run = { threadId: 'thread', runId: 'run' }
const step = (n, thought) => {
  const [reasoning, message, toolCallId] = [`r${n}`, `m${n}`, `c${n}`]
  return [
    { type: 'STEP_STARTED', stepName: `step ${n}` },
    { type: 'REASONING_START', messageId: reasoning },
    { type: 'REASONING_MESSAGE_START', messageId: reasoning, role: 'reasoning' },
    { type: 'REASONING_MESSAGE_CONTENT', messageId: reasoning, delta: thought },
    { type: 'REASONING_MESSAGE_END', messageId: reasoning },
    { type: 'REASONING_END', messageId: reasoning },
    { type: 'REASONING_ENCRYPTED_VALUE', subtype: 'message', entityId: reasoning, encryptedValue: `${n}` },
    { type: 'TOOL_CALL_START', toolCallId, toolCallName: 'lookup', parentMessageId: message },
    { type: 'TOOL_CALL_ARGS', toolCallId, delta: '{}' },
    { type: 'TOOL_CALL_END', toolCallId },
    { type: 'TOOL_CALL_RESULT', messageId: `t${n}`, toolCallId, content: 'found', role: 'tool' },
    { type: 'STEP_FINISHED', stepName: `step ${n}` },
  ]
}
const events = [
  { type: 'RUN_STARTED', ...run },
  ...step(1, 'first'),
  ...step(2, 'second'),
  { type: 'RUN_FINISHED', ...run, outcome: { type: 'success' } },
]
let request
globalThis.fetch = async (_url, init) => {
  request = JSON.parse(init.body)
  const body = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
}
const lines = []
const tell = (client) => {
  const messages = request.messages.slice(0, -1).map(({ role, content, encryptedValue, toolCalls, toolCallId }) => {
    if (role === 'reasoning') return `reasoning ${content} (${encryptedValue})`
    return [role, ...(toolCalls ?? []).map(({ id }) => id), toolCallId].filter(Boolean).join(' ')
  })
  lines.push(`${client}: ${messages.join(', ')}`)
  console.log(lines.at(-1))
}

const agent = new HttpAgent({ url: 'http://agent.example/' })
for (const id of ['u1', 'u2']) {
  agent.addMessage({ id, role: 'user', content: 'Go on' })
  await agent.runAgent({ runId: 'run' })
}
tell('@ag-ui/client')
const client = new ChatClient({ connection: fetchServerSentEvents('http://agent.example/') })
await client.sendMessage('Go on')
await client.sendMessage('Go on')
tell('@tanstack/ai-client')
const seen = [
  '@ag-ui/client: user, reasoning first (1), assistant c1, tool c1, reasoning second (2), assistant c2, tool c2',
  '@tanstack/ai-client: user, reasoning first (1), reasoning second (2), assistant c1 c2, tool c1, tool c2',
]
process.exit(lines.join() === seen.join() ? 0 : 1)
JS
node check.mjs
