#!/bin/sh
# Chromium 156 (Debian's 156.0.8078.108) drops the bytes of a response that a page has not read yet when the connection
# breaks. The server sends eight chunks, 10 ms apart, and closes the connection before the end of the chunked body. A
# page that pauses 400 ms after the first chunk gets the error next, and never the seven chunks that had arrived. One
# that reads on gets all eight.
#
# Output seen (the version varies):
#   Chrome/156.0.8078.108
#   reads on: 0 1 2 3 4 5 6 7, then TypeError: network error
#   pauses: 0, then TypeError: network error
set -eu
executable=${CHROMIUM_PATH:-/usr/bin/chromium}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-save --prefix . puppeteer-core@25.16.0

cat >run.mjs <<'JS'
import { createServer } from 'node:http'
import { launch } from 'puppeteer-core'

const server = createServer((request, response) => {
  if (request.url === '/') return response.writeHead(200, { 'content-type': 'text/html' }).end()
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  let sent = 0
  const timer = setInterval(() => {
    if (sent < 8) return response.write(`${sent++} `)
    clearInterval(timer)
    response.destroy()
  }, 10)
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const browser = await launch({ executablePath: process.argv[2], args: ['--no-sandbox'] })
console.log(await browser.version())
const page = await browser.newPage()
await page.goto(`http://127.0.0.1:${server.address().port}/`)

async function read(pauseMs) {
  const response = await fetch('/stream')
  const reader = response.body.getReader()
  const decoder = new TextDecoder()
  let text = decoder.decode((await reader.read()).value)
  await new Promise((resolve) => setTimeout(resolve, pauseMs))
  try {
    for (let piece; !(piece = await reader.read()).done; ) text += decoder.decode(piece.value)
    return text
  } catch (error) {
    return `${text.trim()}, then ${error}`
  }
}

const readsOn = await page.evaluate(read, 0)
const pauses = await page.evaluate(read, 400)
console.log(`reads on: ${readsOn}\npauses: ${pauses}`)
await browser.close()
server.close()
process.exit(readsOn.startsWith('0 1 2 3 4 5 6 7,') && pauses.startsWith('0,') ? 0 : 1)
JS
node run.mjs "$executable"
