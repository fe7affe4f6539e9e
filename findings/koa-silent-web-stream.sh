#!/bin/bash
# Koa 3.3.0 takes a web ReadableStream or a Response as the body. If the client leaves while such a stream is silent, the
# stream is not canceled: it learns of the leave only once it has another chunk to give, and its source (the request to
# a model that thinks, a subscription, a database cursor) stays open until then, maybe for ever. Koa passes the stream to
# Readable.from(), which reads it as an async iterable; the return() of a web stream's iterator waits for the next()
# that is pending (whatwg/streams#1255). The same stream through Readable.fromWeb() is canceled at once, as Koa destroys
# every Node stream. Fails if a release cancels all three, or none.
#
# Output seen, on Node 20, 22 and 26:
#   ReadableStream: canceled while silent no, with the next chunk yes
#   Response: canceled while silent no, with the next chunk yes
#   Readable.fromWeb: canceled while silent yes
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --prefix . --silent --no-audit --no-fund --save-exact --ignore-scripts koa@3.3.0 >/dev/null
cat >check.mjs <<'JS'
import { once } from 'node:events'
import http from 'node:http'
import { Readable } from 'node:stream'
import Koa from 'koa'

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

async function check(label, toBody) {
  let canceled = false
  let speak
  const stream = new ReadableStream(
    {
      async pull(controller) {
        if (speak) await new Promise((resolve) => (speak = resolve))
        speak ??= () => {}
        controller.enqueue(new TextEncoder().encode('data: word\n\n'))
      },
      cancel: () => void (canceled = true),
    },
    { highWaterMark: 0 },
  )
  const app = new Koa()
  app.silent = true
  app.use((context) => (context.body = toBody(stream)))
  const server = http.createServer(app.callback()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const request = http.get({ host: '127.0.0.1', port: server.address().port, agent: false })
  request.on('error', () => {})
  const [response] = await once(request, 'response')
  response.on('error', () => {})
  await once(response, 'data')
  request.destroy()
  const before = Date.now()
  while (!canceled && Date.now() - before < 1500) await wait(10)
  const words = [`canceled while silent ${canceled ? 'yes' : 'no'}`]
  if (!canceled) {
    speak()
    while (!canceled && Date.now() - before < 5000) await wait(10)
    words.push(`with the next chunk ${canceled ? 'yes' : 'no'}`)
  }
  console.log(`${label}: ${words.join(', ')}`)
  server.closeAllConnections()
  server.close()
  return words[0].endsWith('yes')
}

const seen = [
  await check('ReadableStream', (stream) => stream),
  await check('Response', (stream) => new Response(stream)),
  await check('Readable.fromWeb', (stream) => Readable.fromWeb(stream)),
]
if (seen.join() !== 'false,false,true') process.exit(1)
JS
node check.mjs
