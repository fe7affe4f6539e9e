#!/bin/bash
# @ax-llm/ax 24.0.21 takes `apiURL`, the base of another server, for its providers of OpenAI's formats: for `openai` it
# is where the request goes. For `openai-responses` the types take it too (AxAIOpenAIResponsesArgs), yet the request, and
# the key, go to api.openai.com, as the constructor does not pass it on to its base class. That class,
# AxAIOpenAIResponsesBase, honours it. The same was reported and mended for `openai` (ax-llm/ax#297). Fails if a release
# sends the request to `apiURL`.
#
# Output seen:
#   openai: http://server.example/v1/chat/completions
#   openai-responses: https://api.openai.com/v1/responses
#   AxAIOpenAIResponsesBase: http://server.example/v1/responses
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --prefix . --silent --no-audit --no-fund --save-exact --ignore-scripts @ax-llm/ax@24.0.21 \
  typescript@5.9.3 >/dev/null
cat >check.ts <<'TS'
import type { AxAIOpenAIResponsesArgs } from '@ax-llm/ax'

export const args: AxAIOpenAIResponsesArgs = { name: 'openai-responses', apiKey: 'key', apiURL: 'http://server.example/v1' }
TS
npx --no-install tsc --noEmit --strict --skipLibCheck --module nodenext --target es2022 check.ts
cat >check.mjs <<'JS'
import { ai, AxAIOpenAIResponsesBase, axAIOpenAIResponsesDefaultConfig } from '@ax-llm/ax'

const apiURL = 'http://server.example/v1'

async function check(label, create) {
  let asked = 'nothing'
  const fetch = async (url) => {
    asked = String(url)
    return Response.json({ error: { message: 'no' } }, { status: 400 })
  }
  const chat = { chatPrompt: [{ role: 'user', content: 'Hi' }] }
  await create({ fetch }).chat(chat, { stream: false }).catch(() => {})
  const line = `${label}: ${asked}`
  console.log(line)
  return line
}
const lines = [
  await check('openai', (options) => ai({ name: 'openai', apiKey: 'key', apiURL, options })),
  await check('openai-responses', (options) => ai({ name: 'openai-responses', apiKey: 'key', apiURL, options })),
  await check('AxAIOpenAIResponsesBase', (options) => {
    const config = axAIOpenAIResponsesDefaultConfig()
    return new AxAIOpenAIResponsesBase({ apiKey: 'key', apiURL, config, options, supportFor: {} })
  }),
]
const seen = [
  'openai: http://server.example/v1/chat/completions',
  'openai-responses: https://api.openai.com/v1/responses',
  'AxAIOpenAIResponsesBase: http://server.example/v1/responses',
]
process.exit(lines.join() === seen.join() ? 0 : 1)
JS
node check.mjs
