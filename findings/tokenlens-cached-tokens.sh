#!/bin/bash
# costFromUsage() of tokenlens 1.3.1 takes the usage of a reply as the provider gives it (its README: "Works with provider
# usage or Vercel AI SDK usage"). In OpenAI's, `cached_tokens` are a part of `prompt_tokens`; in Anthropic's,
# `cache_read_input_tokens` are counted beside `input_tokens`. It adds the price of the cached ones to that of all input in
# both. That is right for Anthropic; of chat completions, cached tokens pay both prices, and the same prompt is dearer with
# the cache than without. In a usage of the Responses API it does not find them, so that they pay the whole price.
# @pydantic/genai-prices 0.1.8 reads the same objects and gives the prices of OpenAI's list. Fails if a release agrees.
#
# Output seen, for 10,000 tokens of input, of which 9,000 are cached, and 100 of output:
#   gpt-4.1, nothing cached: tokenlens $0.0208, genai-prices $0.0208
#   gpt-4.1, chat completions: tokenlens $0.0253, genai-prices $0.0073
#   gpt-4.1, responses: tokenlens $0.0208, genai-prices $0.0073
#   claude-sonnet-4-20250514, messages: tokenlens $0.0072, genai-prices $0.0072
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --prefix . --silent --no-audit --no-fund --save-exact --ignore-scripts tokenlens@1.3.1 \
  @pydantic/genai-prices@0.1.8 >/dev/null
cat >check.mjs <<'JS'
import { calcPrice, extractUsage, findProvider } from '@pydantic/genai-prices'
import { costFromUsage } from 'tokenlens'

const counts = { prompt_tokens: 10_000, completion_tokens: 100, total_tokens: 10_100 }
const response = { input_tokens: 10_000, output_tokens: 100, total_tokens: 10_100 }
const sonnet = 'claude-sonnet-4-20250514'
const replies = [
  ['openai', 'gpt-4.1', 'chat', 'nothing cached', counts],
  ['openai', 'gpt-4.1', 'chat', 'chat completions', { ...counts, prompt_tokens_details: { cached_tokens: 9000 } }],
  ['openai', 'gpt-4.1', 'responses', 'responses', { ...response, input_tokens_details: { cached_tokens: 9000 } }],
  ['anthropic', sonnet, 'default', 'messages', { input_tokens: 1000, cache_read_input_tokens: 9000, output_tokens: 100 }],
]
const lines = replies.map(([providerId, model, format, label, usage]) => {
  const tokenlens = costFromUsage({ id: `${providerId}:${model}`, usage })
  const extracted = extractUsage(findProvider({ providerId }), { model, usage }, format)
  const price = calcPrice(extracted.usage, model, { providerId })
  return `${model}, ${label}: tokenlens $${tokenlens?.toFixed(4)}, genai-prices $${price?.total_price.toFixed(4)}`
})
console.log(lines.join('\n'))
const expected = [
  'gpt-4.1, nothing cached: tokenlens $0.0208, genai-prices $0.0208',
  'gpt-4.1, chat completions: tokenlens $0.0253, genai-prices $0.0073',
  'gpt-4.1, responses: tokenlens $0.0208, genai-prices $0.0073',
  `${sonnet}, messages: tokenlens $0.0072, genai-prices $0.0072`,
]
process.exit(lines.join() === expected.join() ? 0 : 1)
JS
node check.mjs
