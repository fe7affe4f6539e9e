#!/bin/bash
# Three vendors' SDKs do not read every valid event stream (HTML Living Standard, 9.2.6: lines end with LF, CR or CRLF;
# `event: message` is the default type; `id`, comments and unknown fields may stand before `data`; several `data` lines
# make one event). @google/genai 3.3.0 takes an event only if it begins with `data:`, together-ai 0.52.0 none with a
# type, cohere-ai 8.1.0 no CR. The loop over the stream then ends without a text and without an error, as if the model
# had said nothing, for instance behind a gateway that numbers its events. openai 7.59.0 reads all of them.
# Fails if a release reads more or less.
#
# Output seen:
#   plain: openai 2, together 2, gemini 2, cohere 2
#   event: message: openai 2, together 0, gemini 0, cohere 2
#   id: openai 2, together 2, gemini 0, cohere 2
#   comment: openai 2, together 2, gemini 0, cohere 2
#   CR: openai 2, together 2, gemini 2, cohere 0
#   two data lines: openai 2, together 2, gemini error, cohere error
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --prefix . --silent --no-audit --no-fund --save-exact --ignore-scripts @google/genai@3.3.0 cohere-ai@8.1.0 \
  openai@7.59.0 together-ai@0.52.0 >/dev/null
cat >check.mjs <<'JS'
import { GoogleGenAI } from '@google/genai'
import { CohereClientV2 } from 'cohere-ai'
import OpenAI from 'openai'
import Together from 'together-ai'

let body = ''
const fetch = async () => new Response(body, { headers: { 'content-type': 'text/event-stream' } })
globalThis.fetch = fetch
console.error = () => {}

const messages = [{ role: 'user', content: 'hi' }]
const chunk = (content) => ({
  id: 'c1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  choices: [{ index: 0, delta: { content }, finish_reason: null }],
})
const clients = {
  openai: {
    event: chunk,
    end: 'data: [DONE]\n\n',
    open: () => new OpenAI({ apiKey: 'none', fetch }).chat.completions.create({ model: 'm', messages, stream: true }),
    text: (event) => event.choices[0].delta.content,
  },
  together: {
    event: chunk,
    end: 'data: [DONE]\n\n',
    open: () => new Together({ apiKey: 'none', fetch }).chat.completions.create({ model: 'm', messages, stream: true }),
    text: (event) => event.choices[0].delta.content,
  },
  gemini: {
    event: (text) => ({ candidates: [{ content: { role: 'model', parts: [{ text }] } }] }),
    end: '',
    open: () => new GoogleGenAI({ apiKey: 'none' }).models.generateContentStream({ model: 'm', contents: 'hi' }),
    text: (event) => event.text,
  },
  cohere: {
    event: (text) => ({ type: 'content-delta', index: 0, delta: { message: { content: { text } } } }),
    end: '',
    open: () => new CohereClientV2({ token: 'none' }).chatStream({ model: 'm', messages }),
    text: (event) => event.delta.message.content.text,
  },
}
const forms = {
  plain: (data) => `data: ${JSON.stringify(data)}\n\n`,
  'event: message': (data) => `event: message\ndata: ${JSON.stringify(data)}\n\n`,
  id: (data) => `id: 1\ndata: ${JSON.stringify(data)}\n\n`,
  comment: (data) => `: comment\ndata: ${JSON.stringify(data)}\n\n`,
  CR: (data) => `data: ${JSON.stringify(data)}\r\r`,
  'two data lines': (data) => `data: {\ndata: ${JSON.stringify(data).slice(1)}\n\n`,
}
const lines = []
for (const [form, write] of Object.entries(forms)) {
  const results = []
  for (const [name, { event, end, open, text }] of Object.entries(clients)) {
    body = write(event('one')) + write(event('two')) + end
    let result = 0
    try {
      for await (const item of await open()) if (['one', 'two'].includes(text(item))) result++
    } catch {
      result = 'error'
    }
    results.push(`${name} ${result}`)
  }
  lines.push(`${form}: ${results.join(', ')}`)
}
console.log(lines.join('\n'))
const seen = `plain: openai 2, together 2, gemini 2, cohere 2
event: message: openai 2, together 0, gemini 0, cohere 2
id: openai 2, together 2, gemini 0, cohere 2
comment: openai 2, together 2, gemini 0, cohere 2
CR: openai 2, together 2, gemini 2, cohere 0
two data lines: openai 2, together 2, gemini error, cohere error`
process.exit(lines.join('\n') === seen ? 0 : 1)
JS
node check.mjs
