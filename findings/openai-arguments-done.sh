#!/bin/bash
# The stream helper of openai 7.59.0 (client.chat.completions.stream) emits `tool_calls.function.arguments.done` once for
# each function call when its arguments are complete (the SDK's helpers.md). It takes a call for done as soon as another
# one gets a piece. In a stream that sends two calls by turns, as the `index` of each piece allows, it emits the event
# twice for a call, the first time with half of its JSON, and code that runs a tool on the event parses `{"x"`. If one
# chunk holds two whole calls and the reason of the end, the second call gets no event at all. The final
# message is right in both. Fails if a release changes either.
#
# Output seen:
#   by turns: f {"x", g {"y", f {"x":1}, g {"y":2}
#   by turns, final message: f {"x":1}, g {"y":2}
#   in one chunk: f {"x":1}
#   in one chunk, final message: f {"x":1}, g {"y":2}
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --prefix . --silent --no-audit --no-fund --save-exact --ignore-scripts openai@7.59.0 >/dev/null
cat >check.mjs <<'JS'
import OpenAI from 'openai'

const chunk = (tool_calls, finish_reason = null) => ({
  id: 'c1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  choices: [{ index: 0, delta: { role: 'assistant', tool_calls }, finish_reason }],
})
const first = (index, name, text) => ({ index, id: `call_${name}`, type: 'function', function: { name, arguments: text } })
const more = (index, text) => ({ index, function: { arguments: text } })
const show = (calls) => calls.map((call) => `${call.name} ${call.arguments}`).join(', ')

async function check(label, chunks) {
  const body = chunks.map((data) => `data: ${JSON.stringify(data)}\n\n`).join('')
  const headers = { 'content-type': 'text/event-stream' }
  const fetch = async () => new Response(`${body}data: [DONE]\n\n`, { headers })
  const client = new OpenAI({ apiKey: 'none', maxRetries: 0, fetch })
  const stream = client.chat.completions.stream({ model: 'm', messages: [{ role: 'user', content: 'hi' }] })
  const done = []
  stream.on('tool_calls.function.arguments.done', (event) => done.push({ ...event }))
  const completion = await stream.finalChatCompletion()
  const final = completion.choices[0].message.tool_calls.map((call) => call.function)
  console.log(`${label}: ${show(done)}`)
  console.log(`${label}, final message: ${show(final)}`)
  return show(final) === 'f {"x":1}, g {"y":2}' ? show(done) : ''
}
const turns = await check('by turns', [
  chunk([first(0, 'f', '{"x"')]),
  chunk([first(1, 'g', '{"y"')]),
  chunk([more(0, ':1}')]),
  chunk([more(1, ':2}')]),
  chunk(undefined, 'tool_calls'),
])
const together = await check('in one chunk', [
  chunk([first(0, 'f', '{"x":1}'), first(1, 'g', '{"y":2}')], 'tool_calls'),
])
if (turns !== 'f {"x", g {"y", f {"x":1}, g {"y":2}' || together !== 'f {"x":1}') process.exit(1)
JS
node check.mjs
