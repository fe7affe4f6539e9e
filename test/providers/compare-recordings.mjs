/**
 * Reads the recorded streams of the Responses API in checkouts of other projects, which may not be copied here: whole,
 * in chunks of seven bytes, and cut after 70 % of their bytes. What was read must be what the recording's items say.
 * Not part of `npm test`; the last run is in `fixtures/openai-responses/README.md`.
 * @example npm run build && node test/providers/compare-recordings.mjs ../ai/packages ../pydantic-ai/tests/models
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { getChatModel, isChatError } from 'chatwire'
import { parse } from 'yaml'

const ENDS = ['response.completed', 'response.incomplete', 'response.failed', 'error']

let count = 0
let failures = 0
for (const folder of process.argv.slice(2)) {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /responses.*\.(chunks\.txt|ya?ml)$/.test(file),
  )
  for (const file of files.sort()) {
    for (const events of recordingsOf(file, readFileSync(join(folder, file), 'utf8'))) {
      count++
      const problems = await compare(events)
      failures += Number(problems.length > 0 && !problems[0].startsWith('skipped'))
      if (problems.length > 0) console.log(`${file}: ${problems.join('; ')}`)
    }
  }
}
console.log(`${count} recordings, ${failures} read differently`)
process.exitCode = Number(failures > 0 || count === 0)

/** The streams of a file, each up to its first end. Some files hold several turns. */
function recordingsOf(file, text) {
  const bodies = file.endsWith('.txt')
    ? [text]
    : (parse(text)?.interactions ?? []).map(({ response }) => String(response?.body?.string ?? ''))
  return bodies.flatMap((body) => {
    const lines = body.split(/\r?\n/).map((line) => line.replace(/^data:\s*/, ''))
    const events = lines.filter((line) => line.startsWith('{"')).flatMap((line) => parseLine(line))
    const end = events.findIndex(({ type }) => ENDS.includes(type)) + 1
    return end > 0 && events.some(({ type }) => type?.startsWith('response.'))
      ? [events.slice(0, end)]
      : []
  })
}

/** One of the files holds a line that is no JSON. */
function parseLine(line) {
  try {
    return [JSON.parse(line)]
  } catch {
    return []
  }
}

async function compare(events) {
  const items = events.filter(({ type }) => type === 'response.output_item.done')
  const isAbridged = events.some(
    ({ type, item_id, text }) =>
      type === 'response.output_text.done' &&
      !text.startsWith(
        events
          .filter((one) => one.type === 'response.output_text.delta' && one.item_id === item_id)
          .map(({ delta }) => delta)
          .join(''),
      ),
  )
  if (isAbridged) return ['skipped: its deltas are not its text']
  const messages = items.filter(({ item }) => item.type === 'message')
  const calls = items.filter(({ item }) => item.type === 'function_call')
  const expected = {
    text: messages.flatMap(({ item }) => item.content.map((part) => part.text ?? '')).join(''),
    calls: calls.map(({ item }) => [item.call_id, item.name, JSON.parse(item.arguments || '{}')]),
  }
  const text = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
  const bytes = new TextEncoder().encode(text.join(''))
  const isFailed = ['response.failed', 'error'].includes(events.at(-1).type)
  const problems = []
  for (const size of [bytes.length, 7]) {
    const read = await readStream(bytes, size).catch((error) => error)
    if (isChatError(read) ? !isFailed : JSON.stringify(read) !== JSON.stringify(expected))
      problems.push(`in chunks of ${size}: ${read.message ?? JSON.stringify(read).slice(0, 200)}`)
  }
  const cut = await readStream(bytes.slice(0, bytes.length * 0.7), bytes.length).catch((e) => e)
  if (!isChatError(cut)) problems.push('the cut was not seen')
  return problems
}

async function readStream(bytes, size) {
  const body = new ReadableStream({
    start(controller) {
      for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.slice(at, at + size))
      controller.close()
    },
  })
  const headers = { 'content-type': 'text/event-stream' }
  const llm = getChatModel({
    model: 'gpt-5',
    modelServer: 'openai_responses',
    apiKey: 'test',
    maxRetries: 0,
    fetch: async () => new Response(body, { headers }),
  })
  const { text, toolCalls } = await llm.chat({ prompt: 'Hi', stream: true }).result()
  return { text, calls: toolCalls.map((one) => [one.id, one.name, one.arguments]) }
}
