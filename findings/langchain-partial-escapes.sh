#!/bin/bash
# @langchain/core 1.4.0 shows characters that the JSON does not hold while an escape of a string is cut: a backslash
# after `\`, then the letters of `\u00e9` one after the other, both in the `args` of a streamed tool call
# (AIMessageChunk.tool_calls) and in the stream of JsonOutputParser. The next piece takes them back, so that a page which
# appends what is new shows garbage. Servers written in Python send every character beyond ASCII as such an escape, and
# models write `\n` and `\"` often as two tokens. A `-` alone shows as the number 0. Expected is a prefix of the text
# that comes, as the parsers of partial-json 0.1.7 and of the Python package give it (langchain-ai/langchain#29065).
# Fails if a release does so too.
#
# Output seen:
#   tool call: "", "a", "a\\", "au", "au0", "au00", "au00e", "aé", 0
#   JsonOutputParser: "", "a", "a\\", "au", "au0", "au00", "au00e", "aé", 0
#   partial-json: "", "a", "aé"
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --prefix . --silent --no-audit --no-fund --save-exact --ignore-scripts @langchain/core@1.4.0 \
  partial-json@0.1.7 >/dev/null
cat >check.mjs <<'JS'
import { AIMessageChunk } from '@langchain/core/messages'
import { JsonOutputParser } from '@langchain/core/output_parsers'
import { parse } from 'partial-json'

const text = String.raw`{"a":"a\u00e9","b":-`
const prefixes = Array.from({ length: text.length - 5 }, (_, i) => text.slice(0, i + 6))

/** The string as it grows, then the number. */
function show(label, objects) {
  const strings = [...new Set(objects.map(({ a }) => JSON.stringify(a)))]
  const numbers = [...new Set(objects.map(({ b }) => b).filter((b) => b !== undefined))]
  const line = [...strings, ...numbers].join(', ')
  console.log(`${label}: ${line}`)
  return line
}
async function* characters() {
  yield prefixes[0]
  yield* text.slice(6)
}
const calls = prefixes.map((args) => {
  const chunk = new AIMessageChunk({ content: '', tool_call_chunks: [{ name: 'f', id: '1', index: 0, args }] })
  return chunk.tool_calls[0].args
})
const parsed = []
for await (const object of new JsonOutputParser().transform(characters(), {})) parsed.push(object)
const wrong = String.raw`"", "a", "a\\", "au", "au0", "au00", "au00e", "aé", 0`
const seen = [
  show('tool call', calls) === wrong,
  show('JsonOutputParser', parsed) === wrong,
  show('partial-json', prefixes.map((prefix) => parse(prefix))) === '"", "a", "aé"',
]
if (!seen.every(Boolean)) process.exit(1)
JS
node check.mjs
