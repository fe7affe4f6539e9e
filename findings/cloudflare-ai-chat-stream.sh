#!/bin/bash
# AIChatAgent of @cloudflare/ai-chat 0.12.2 (agents 0.32.0, ai 7) reads the UI message stream of the Response that
# `onChatMessage` returns one read at a time: each is split into lines, and nothing is kept for the next read. An event
# that ends in a later read is dropped without an error, from the reply that clients see and from the one that is stored.
# AI SDK's own responses have one event in each read; a body that comes from the network (a Response of `fetch`, a
# service binding) or went through a transform may be cut anywhere. Two more things that a reply loses:
# - `messageMetadata` of the event `finish`, where `toUIMessageStreamResponse({ messageMetadata })` sends the usage: it
#   is stored, but clients of the stream get { finishReason } in its place.
# - `reset-step` of ai 7, which discards what a step has shown: clients get it, the stored reply keeps the text.
# Fails if a release reads these.
#
# Output seen:
#   events in one read each: Hello there, my friend
#   one event in two reads: Hello my friend
#   metadata of finish, stored: {"tokens":4}
#   metadata of finish, sent to the client: {"finishReason":"stop"}
#   after reset-step: Wrong|Right
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --prefix . --silent --no-audit --no-fund --save-exact --legacy-peer-deps @cloudflare/ai-chat@0.12.2 \
  agents@0.32.0 ai@7.0.173 @ai-sdk/react@4.0.177 zod@4.6.7 @modelcontextprotocol/client@2.4.0 \
  @modelcontextprotocol/sdk@1.32.2 react@19.3.1 miniflare@4.20260426.0 esbuild@0.28.2 >/dev/null
cat >worker.mjs <<'JS'
import { AIChatAgent } from '@cloudflare/ai-chat'
import { routeAgentRequest } from 'agents'
import { JsonToSseTransformStream, UI_MESSAGE_STREAM_HEADERS, uiMessageChunkSchema } from 'ai'

const text = (delta) => ({ type: 'text-delta', id: 't', delta })
const begin = [{ type: 'start' }, { type: 'start-step' }, { type: 'text-start', id: 't' }]
const end = [{ type: 'text-end', id: 't' }, { type: 'finish-step' }]
const finish = { type: 'finish', finishReason: 'stop', messageMetadata: { tokens: 4 } }
const REPLIES = {
  whole: [...begin, text('Hello'), text(' there,'), text(' my friend'), ...end, finish],
  reset: [...begin, text('Wrong'), { type: 'reset-step' }, begin[2], text('Right'), ...end, finish],
}

/** Cuts the event with this text in two. */
const cutAt = (word) =>
  new TransformStream({
    transform(frame, controller) {
      const at = frame.indexOf(word)
      if (at !== -1) controller.enqueue(frame.slice(0, at))
      controller.enqueue(at === -1 ? frame : frame.slice(at))
    },
  })

export class Chat extends AIChatAgent {
  async onChatMessage() {
    const events = REPLIES[this.name === 'reset' ? 'reset' : 'whole']
    for (const event of events) {
      const { success, error } = await uiMessageChunkSchema().validate(event)
      if (!success) throw error
    }
    let frames = ReadableStream.from(events).pipeThrough(new JsonToSseTransformStream())
    if (this.name === 'cut') frames = frames.pipeThrough(cutAt('there'))
    return new Response(frames.pipeThrough(new TextEncoderStream()), { headers: UI_MESSAGE_STREAM_HEADERS })
  }
}
export default {
  fetch: async (request, env) => (await routeAgentRequest(request, env)) ?? new Response('', { status: 404 }),
}
JS
cat >run.mjs <<'JS'
import { build } from 'esbuild'
import { builtinModules } from 'node:module'
import { Miniflare } from 'miniflare'

const bare = new RegExp(`^(${builtinModules.filter((name) => /^[a-z_]+$/.test(name)).join('|')})$`)
const builtins = {
  name: 'builtins',
  setup: ({ onResolve }) =>
    onResolve({ filter: bare }, ({ path }) => ({ path: `node:${path}`, external: true })),
}
const { outputFiles } = await build({
  entryPoints: ['worker.mjs'],
  bundle: true,
  write: false,
  format: 'esm',
  target: 'es2022',
  conditions: ['workerd', 'worker', 'import'],
  external: ['cloudflare:*', 'node:*'],
  plugins: [builtins],
})
const worker = new Miniflare({
  modules: true,
  script: outputFiles[0].text,
  compatibilityDate: '2026-01-01',
  compatibilityFlags: ['nodejs_compat'],
  durableObjects: { Chat: { className: 'Chat', useSQLite: true } },
})
await worker.ready

async function chat(name) {
  const address = `http://localhost/agents/chat/${name}`
  const { webSocket } = await worker.dispatchFetch(address, { headers: { upgrade: 'websocket' } })
  const sent = []
  const done = new Promise((resolve) =>
    webSocket.addEventListener('message', ({ data }) => {
      const { type, body, done } = JSON.parse(data)
      if (type !== 'cf_agent_use_chat_response') return
      if (body) sent.push(JSON.parse(body))
      if (done) resolve()
    }),
  )
  webSocket.accept()
  const messages = [{ id: 'u1', role: 'user', parts: [{ type: 'text', text: 'Hi' }] }]
  const init = { method: 'POST', body: JSON.stringify({ messages }) }
  webSocket.send(JSON.stringify({ type: 'cf_agent_use_chat_request', id: 'r1', init }))
  await done
  webSocket.close()
  const stored = await (await worker.dispatchFetch(`${address}/get-messages`)).json()
  const { parts, metadata } = stored.at(-1)
  const words = parts.filter(({ type }) => type === 'text').map(({ text }) => text)
  return { words: words.join('|'), metadata, finish: sent.find(({ type }) => type === 'finish') }
}
const whole = await chat('whole')
const lines = [
  `events in one read each: ${whole.words}`,
  `one event in two reads: ${(await chat('cut')).words}`,
  `metadata of finish, stored: ${JSON.stringify(whole.metadata)}`,
  `metadata of finish, sent to the client: ${JSON.stringify(whole.finish.messageMetadata)}`,
  `after reset-step: ${(await chat('reset')).words}`,
]
await worker.dispose()
console.log(lines.join('\n'))
const seen = [
  'events in one read each: Hello there, my friend',
  'one event in two reads: Hello my friend',
  'metadata of finish, stored: {"tokens":4}',
  'metadata of finish, sent to the client: {"finishReason":"stop"}',
  'after reset-step: Wrong|Right',
]
process.exit(lines.join() === seen.join() ? 0 : 1)
JS
node run.mjs
