#!/bin/sh
# The clients of MCP's official TypeScript SDK (@modelcontextprotocol/client 2.4.0, @modelcontextprotocol/sdk 1.32.2) lose
# the last progress report of a call if it arrives in one chunk with the result: the result is handled at once and removes
# the handler, the report only in a later microtask. @modelcontextprotocol/server-everything 2026.8.31 sends the last of
# its reports so: of four steps the caller sees three. Fails if a release delivers all.
#
# Output seen:
#   sdk 1.32.2: steps 4, reports 3, dropped 1
#   client 2.4.0: steps 4, reports 3, dropped 1
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --save-exact --ignore-scripts @modelcontextprotocol/client@2.4.0 \
  @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/server-everything@2026.8.31 >/dev/null
cat >check.mjs <<'JS'
import { Client as ClientV2 } from '@modelcontextprotocol/client'
import { StdioClientTransport as StdioV2 } from '@modelcontextprotocol/client/stdio'
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport as StdioV1 } from '@modelcontextprotocol/sdk/client/stdio.js'

const file = 'node_modules/@modelcontextprotocol/server-everything/dist/index.js'
const target = { command: process.execPath, args: [file, 'stdio'], stderr: 'ignore' }
const info = { name: 'check', version: '1.0.0' }
const params = { name: 'trigger-long-running-operation', arguments: { duration: 0.4, steps: 4 } }

async function check(label, client, transport, call) {
  let reports = 0
  let dropped = 0
  client.onerror = ({ message }) => {
    if (message.includes('unknown token')) dropped++
  }
  await client.connect(transport)
  await call(client, { onprogress: () => reports++ })
  await new Promise((resolve) => setTimeout(resolve, 300))
  await client.close()
  console.log(`${label}: steps 4, reports ${reports}, dropped ${dropped}`)
  return reports === 3 && dropped === 1
}
const seen = [
  await check('sdk 1.32.2', new ClientV1(info), new StdioV1(target), (client, options) =>
    client.callTool(params, undefined, options),
  ),
  await check('client 2.4.0', new ClientV2(info), new StdioV2(target), (client, options) =>
    client.callTool(params, options),
  ),
]
if (!seen.every(Boolean)) process.exit(1)
JS
node check.mjs
