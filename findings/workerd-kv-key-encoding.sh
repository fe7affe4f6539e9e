#!/bin/sh
# workerd 1.20261023.1 sends the key of a KV binding to its storage service in two encodings: GET and PUT leave `:` as it
# is, DELETE percent-encodes it. A storage service of one's own must decode the path, or deletes miss what puts wrote.
#
# Output seen:
#   PUT /user:1
#   GET /user:1
#   DELETE /user%3A1
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-save workerd@1.20261023.1

cat >config.capnp <<'CAPNP'
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker.js", esModule = embed "worker.js")],
      compatibilityDate = "2026-01-01",
      bindings = [(name = "KEYS", kvNamespace = "store")],
    )),
    (name = "store", external = (address = "127.0.0.1:8799", http = ())),
  ],
  sockets = [(name = "http", address = "127.0.0.1:8798", http = (), service = "main")],
);
CAPNP
cat >worker.js <<'JS'
export default {
  async fetch(request, { KEYS }) {
    await KEYS.put('user:1', 'one')
    await KEYS.get('user:1')
    await KEYS.delete('user:1')
    return new Response('done')
  },
}
JS
cat >run.mjs <<'JS'
import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
const lines = []
const store = createServer((request, response) => {
  lines.push(`${request.method} ${request.url.split('?')[0]}`)
  request.resume().on('end', () => response.end('one'))
})
await new Promise((resolve) => store.listen(8799, '127.0.0.1', resolve))
const workerd = spawn('node_modules/.bin/workerd', ['serve', 'config.capnp'], { stdio: 'inherit' })
for (let attempt = 0; ; attempt++) {
  const text = await fetch('http://127.0.0.1:8798').then((r) => r.text(), () => undefined)
  if (text === 'done') break
  if (attempt === 100) throw new Error(`no answer: ${text}`)
  await new Promise((resolve) => setTimeout(resolve, 100))
}
workerd.kill()
store.close()
console.log(lines.slice(-3).join('\n'))
const expected = ['PUT /user:1', 'GET /user:1', 'DELETE /user%3A1']
process.exitCode = lines.slice(-3).join() === expected.join() ? 0 : 1
JS
node run.mjs
