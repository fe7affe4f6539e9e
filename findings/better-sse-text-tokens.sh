#!/bin/bash
# better-sse 0.16.1 with a serializer that leaves texts as they are, as for the tokens of a model, loses what tokens begin
# with: it writes `data:` without a space after the colon, and every client of server-sent events (eventsource-parser
# 3.1.1 here) removes one space there, so that the words of a reply run together. Of a token with a line break, only the
# first line arrives. The default serializer, JSON.stringify, keeps both, and so does Hono 4.13.19 with plain texts.
# Fails if a release keeps them, or if another of the three loses them.
#
# Output seen, on Node 20, 22 and 24:
#   sent: "Two words\nand a line"
#   better-sse, texts: "Twowordsaline"
#   better-sse, default: "Two words\nand a line"
#   hono, texts: "Two words\nand a line"
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --prefix . --silent --no-audit --no-fund --save-exact --ignore-scripts better-sse@0.16.1 hono@4.13.19 \
  eventsource-parser@3.1.1 >/dev/null
cat >check.mjs <<'JS'
import { once } from 'node:events'
import http from 'node:http'
import { createSession } from 'better-sse'
import { createParser } from 'eventsource-parser'
import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'

const tokens = ['Two', ' words', '\nand', ' a', ' line']

async function textOf(response, read) {
  let text = ''
  const parser = createParser({ onEvent: ({ data }) => (text += read(data)) })
  parser.feed(await response.text())
  return text
}

async function ofBetterSSE(options, read) {
  const server = http.createServer(async (request, response) => {
    const session = await createSession(request, response, options)
    for (const token of tokens) session.push(token)
    response.end()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const text = await textOf(await fetch(`http://127.0.0.1:${server.address().port}`), read)
  server.closeAllConnections()
  server.close()
  return text
}

const app = new Hono().get('/', (context) =>
  streamSSE(context, async (stream) => {
    for (const data of tokens) await stream.writeSSE({ data })
  }),
)
const asIs = (text) => text
const sent = tokens.join('')
const texts = await ofBetterSSE({ serializer: asIs }, asIs)
const json = await ofBetterSSE({}, JSON.parse)
const hono = await textOf(await app.request('/'), asIs)
console.log(`sent: ${JSON.stringify(sent)}`)
console.log(`better-sse, texts: ${JSON.stringify(texts)}`)
console.log(`better-sse, default: ${JSON.stringify(json)}`)
console.log(`hono, texts: ${JSON.stringify(hono)}`)
if (texts === sent || texts.includes(' words') || json !== sent || hono !== sent) process.exit(1)
JS
node check.mjs
