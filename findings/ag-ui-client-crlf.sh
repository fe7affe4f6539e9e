#!/bin/bash
# The HttpAgent of @ag-ui/client 1.0.0 reads event streams whose lines end with LF only. The protocol's HTTP transport is
# Server-Sent Events, whose lines may end with CRLF or CR as well (HTML Living Standard, 9.2.6), and some servers'
# libraries, such as Python's sse-starlette, send CRLF unless told otherwise. Such a run delivers no event while it goes
# on, not even the first, and fails at its end with a SyntaxError of JSON.parse; of `event`, `id`, comments and several
# `data` lines it reads all. Fails if a release reads CRLF.
#
# Output seen:
#   LF: resolves, 5 events, text "Hello"
#   CRLF: SyntaxError, 0 events, no text
#   CR: SyntaxError, 0 events, no text
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --prefix . --silent --no-audit --no-fund --save-exact --ignore-scripts @ag-ui/client@1.0.0 >/dev/null
cat >check.mjs <<'JS'
import { HttpAgent } from '@ag-ui/client'

console.error = () => {} // it reports the error that it throws
const run = { threadId: 'thread', runId: 'run' }
const events = [
  { type: 'RUN_STARTED', ...run },
  { type: 'TEXT_MESSAGE_START', messageId: 'message', role: 'assistant' },
  { type: 'TEXT_MESSAGE_CONTENT', messageId: 'message', delta: 'Hello' },
  { type: 'TEXT_MESSAGE_END', messageId: 'message' },
  { type: 'RUN_FINISHED', ...run },
]

async function check(label, end) {
  const body = events.map((event) => `data: ${JSON.stringify(event)}${end}${end}`).join('')
  const fetch = async () => new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  const agent = new HttpAgent({ url: 'http://agent.example/', fetch })
  let count = 0
  const onEvent = () => {
    count++
  }
  const result = await agent.runAgent({ runId: 'run' }, { onEvent }).then(
    () => 'resolves',
    (error) => error.name,
  )
  const text = agent.messages[0] === undefined ? 'no text' : `text ${JSON.stringify(agent.messages[0].content)}`
  const line = `${label}: ${result}, ${count} events, ${text}`
  console.log(line)
  return line
}
const lines = [await check('LF', '\n'), await check('CRLF', '\r\n'), await check('CR', '\r')]
const seen = [
  'LF: resolves, 5 events, text "Hello"',
  'CRLF: SyntaxError, 0 events, no text',
  'CR: SyntaxError, 0 events, no text',
]
if (lines.join() !== seen.join()) process.exit(1)
JS
node check.mjs
