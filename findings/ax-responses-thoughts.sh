#!/bin/bash
# @ax-llm/ax 24.0.21 reads a streamed reply of OpenAI's Responses API event by event, and shows the summary of the
# reasoning again with each event that repeats it: `response.reasoning_summary_text.done` and `response.output_item.done`
# contain the whole text of the deltas before. `thought` of the result has it three times; the answer, whose text is
# repeated by the same kinds of events, is right. The same reply that is not streamed has the summary once.
# Fails if a release shows it once.
#
# Output seen:
#   streamed: thought "Let me see.Let me see.Let me see." content "Four"
#   whole: thought "Let me see." content "Four"
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --prefix . --silent --no-audit --no-fund --save-exact --ignore-scripts @ax-llm/ax@24.0.21 >/dev/null
cat >check.mjs <<'JS'
import { ai } from '@ax-llm/ax'

const summary = [{ type: 'summary_text', text: 'Let me see.' }]
const reasoning = { id: 'rs_1', type: 'reasoning', summary }
const text = { type: 'output_text', text: 'Four', annotations: [], logprobs: [] }
const message = { id: 'msg_1', type: 'message', status: 'completed', role: 'assistant', content: [text] }
const usage = {
  input_tokens: 9,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: 9,
  output_tokens_details: { reasoning_tokens: 6 },
  total_tokens: 18,
}
const reply = { id: 'resp_1', object: 'response', created_at: 1, model: 'gpt-5', status: 'in_progress', output: [] }
const whole = { ...reply, status: 'completed', output: [reasoning, message], usage }
const ofSummary = { item_id: 'rs_1', output_index: 0, summary_index: 0 }
const ofText = { item_id: 'msg_1', output_index: 1, content_index: 0 }
const events = [
  { type: 'response.created', response: reply },
  { type: 'response.in_progress', response: reply },
  { type: 'response.output_item.added', output_index: 0, item: { ...reasoning, summary: [] } },
  { type: 'response.reasoning_summary_part.added', ...ofSummary, part: { type: 'summary_text', text: '' } },
  { type: 'response.reasoning_summary_text.delta', ...ofSummary, delta: 'Let me' },
  { type: 'response.reasoning_summary_text.delta', ...ofSummary, delta: ' see.' },
  { type: 'response.reasoning_summary_text.done', ...ofSummary, text: 'Let me see.' },
  { type: 'response.reasoning_summary_part.done', ...ofSummary, part: summary[0] },
  { type: 'response.output_item.done', output_index: 0, item: reasoning },
  { type: 'response.output_item.added', output_index: 1, item: { ...message, status: 'in_progress', content: [] } },
  { type: 'response.content_part.added', ...ofText, part: { ...text, text: '' } },
  { type: 'response.output_text.delta', ...ofText, delta: 'Fo', logprobs: [] },
  { type: 'response.output_text.delta', ...ofText, delta: 'ur', logprobs: [] },
  { type: 'response.output_text.done', ...ofText, text: 'Four', logprobs: [] },
  { type: 'response.content_part.done', ...ofText, part: text },
  { type: 'response.output_item.done', output_index: 1, item: message },
  { type: 'response.completed', response: whole },
]
const frames = events.map(
  (event, at) => `event: ${event.type}\ndata: ${JSON.stringify({ ...event, sequence_number: at })}\n\n`,
)
const fetch = async (_url, { body }) =>
  JSON.parse(body).stream
    ? new Response(frames.join(''), { headers: { 'content-type': 'text/event-stream' } })
    : Response.json(whole)

async function ask(stream) {
  const model = ai({ name: 'openai-responses', apiKey: 'key', config: { model: 'gpt-5' }, options: { fetch } })
  const chat = { chatPrompt: [{ role: 'user', content: 'What is 2 + 2?' }] }
  const answer = await model.chat(chat, { stream })
  let [thought, content] = ['', '']
  for await (const { results } of stream ? answer : [answer])
    for (const result of results) {
      thought += result.thought ?? ''
      content += result.content ?? ''
    }
  const line = `${stream ? 'streamed' : 'whole'}: thought "${thought}" content "${content}"`
  console.log(line)
  return line
}
const lines = [await ask(true), await ask(false)]
const seen = [
  'streamed: thought "Let me see.Let me see.Let me see." content "Four"',
  'whole: thought "Let me see." content "Four"',
]
process.exit(lines.join() === seen.join() ? 0 : 1)
JS
node check.mjs
