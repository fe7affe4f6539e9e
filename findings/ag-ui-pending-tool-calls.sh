#!/bin/bash
# AG-UI 1.0 lets the end of a run name the tool calls that its page has to answer: RUN_FINISHED with the outcome
# { type: 'success', pendingToolCallIds }. Servers should send it, and older clients were to drop the member
# (ag-ui-protocol/ag-ui#2731). @ag-ui/client 0.0.59, the last before 1.0, has a closed schema there instead: the run
# fails with a ZodError after all its events have arrived, so that the page never runs its tool. CopilotKit 1.75.0 pins
# that version on both sides (@copilotkit/core and @copilotkit/runtime), and @assistant-ui/react-ag-ui 0.0.58 asks for
# ^0.0.59: none of them can be given a page's tool by a server that follows 1.0. Without the member both versions find
# the call. Fails if 0.0.59 reads it, or if CopilotKit's packages of that version no longer pin it.
#
# Output seen:
#   @copilotkit/core 1.75.0 asks for @ag-ui/client 0.0.59
#   @ag-ui/client 1.0.0, success: finished, calls ask
#   @ag-ui/client 1.0.0, success with pendingToolCallIds: finished, calls ask
#   @ag-ui/client 0.0.59, success: finished, calls ask
#   @ag-ui/client 0.0.59, success with pendingToolCallIds: ZodError unrecognized_keys pendingToolCallIds
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --prefix . --silent --no-audit --no-fund --save-exact --ignore-scripts old@npm:@ag-ui/client@0.0.59 \
  new@npm:@ag-ui/client@1.0.0 >/dev/null
pinned=$(npm view @copilotkit/core@1.75.0 dependencies.@ag-ui/client)
echo "@copilotkit/core 1.75.0 asks for @ag-ui/client $pinned"
[ "$pinned" = 0.0.59 ]
cat >check.mjs <<'JS'
import * as oldClient from 'old'
import * as newClient from 'new'

const run = { threadId: 't1', runId: 'r1' }
const toolCallId = 'c1'
const eventsWith = (outcome) => [
  { type: 'RUN_STARTED', ...run },
  { type: 'TOOL_CALL_START', toolCallId, toolCallName: 'ask' },
  { type: 'TOOL_CALL_ARGS', toolCallId, delta: '{}' },
  { type: 'TOOL_CALL_END', toolCallId },
  { type: 'RUN_FINISHED', ...run, outcome },
]

async function check(label, { HttpAgent }, outcome) {
  const body = eventsWith(outcome).map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')
  globalThis.fetch = async () => new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  const agent = new HttpAgent({ url: 'http://server.example/agent', threadId: 't1' })
  agent.setMessages([{ id: 'u1', role: 'user', content: 'Hi' }])
  const tools = [{ name: 'ask', description: 'Asks', parameters: { type: 'object', properties: {} } }]
  const end = await agent.runAgent({ runId: 'r1', tools }).then(
    ({ newMessages }) => {
      const calls = newMessages.flatMap(({ toolCalls = [] }) => toolCalls.map((call) => call.function.name))
      return `finished, calls ${calls.join(' ')}`
    },
    ({ name, issues: [{ code, keys }] }) => `${name} ${code} ${keys.join(' ')}`,
  )
  const line = `${label}: ${end}`
  console.log(line)
  return line
}

console.error = () => {}
const success = { type: 'success' }
const pending = { type: 'success', pendingToolCallIds: [toolCallId] }
const lines = []
for (const [version, client] of [['1.0.0', newClient], ['0.0.59', oldClient]]) {
  lines.push(await check(`@ag-ui/client ${version}, success`, client, success))
  lines.push(await check(`@ag-ui/client ${version}, success with pendingToolCallIds`, client, pending))
}
const seen = [
  '@ag-ui/client 1.0.0, success: finished, calls ask',
  '@ag-ui/client 1.0.0, success with pendingToolCallIds: finished, calls ask',
  '@ag-ui/client 0.0.59, success: finished, calls ask',
  '@ag-ui/client 0.0.59, success with pendingToolCallIds: ZodError unrecognized_keys pendingToolCallIds',
]
process.exit(lines.join() === seen.join() ? 0 : 1)
JS
node check.mjs
