/**
 * One streamed chat, as each would have it: given a `fetch`, read to its end. Each gives the number of characters,
 * so that none gains by leaving something out.
 */
import { pathToFileURL } from 'node:url'
import { createParser } from 'eventsource-parser'
import ky from 'ky'

const ENDPOINT = 'http://localhost/v1/chat/completions'
const baseURL = 'http://localhost/v1'
const apiKey = 'sk-test'
const model = 'gpt-4o'
const prompt = 'Tell me a joke'
const messages = [{ role: 'user', content: prompt }]

/** The limit: what no client of these wires can do without. */
async function bareLoop(fetch, wire, onText = () => {}) {
  let length = 0
  const take = (data) => {
    if (data === '[DONE]') return
    const text = wire.read(JSON.parse(data))
    if (!text) return
    length += text.length
    onText(text)
  }
  const feed = wire.framing === 'sse' ? sseReader(take) : lineReader(take)
  const body = JSON.stringify({ model, messages, stream: true })
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }
  const response = await fetch(ENDPOINT, { method: 'POST', headers, body })
  const reader = response.body.getReader()
  const decoder = new TextDecoder()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return length
    feed(decoder.decode(value, { stream: true }))
  }
}

/** A bare loop that can be aborted, at any time and after a while: the least that a client keeps of a stream. */
async function abortableLoop(fetch, wire, onText, loop = bareLoop) {
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(), 60_000)
  const send = (url, init) => fetch(url, { ...init, signal: controller.signal })
  const length = await loop(send, wire, onText)
  clearTimeout(timer)
  return length
}

/** A bare loop with ky instead of `fetch`, used as chatwire does. */
function kyLoop(fetch, wire, onText) {
  const send = (url, { method, ...init }) =>
    ky(url, {
      method,
      retry: 0,
      timeout: false,
      throwHttpErrors: false,
      fetch: (request) => fetch(request.url, { method, ...init }),
    })
  return bareLoop(send, wire, onText)
}

/** The same, and it can be aborted. */
const abortableKyLoop = (fetch, wire, onText) => abortableLoop(fetch, wire, onText, kyLoop)

function sseReader(take) {
  const parser = createParser({ onEvent: ({ data }) => take(data) })
  return (text) => parser.feed(text)
}

function lineReader(take) {
  let rest = ''
  return (text) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop()
    for (const line of lines) take(line)
  }
}

/**
 * The floor of an iterator of events: it reads the same body and cuts the text out of frames whose form it is given. It
 * has no result, no usage, no limits, no timeouts and no errors.
 */
async function floor(fetch, wire, onText = () => {}) {
  const [before, after] = wire.piece('|').split('|')
  const decoder = new TextDecoder()
  const response = await fetch(ENDPOINT, { method: 'POST' })
  const reader = response.body.getReader()
  let batch = []
  let at = 0
  const take = ({ done, value }) => {
    if (done) return { done, value: undefined }
    batch = cut(decoder.decode(value), before, after)
    at = 1
    return { done, value: batch[0] ?? { type: 'other' } }
  }
  const events = {
    [Symbol.asyncIterator]: () => events,
    next: () =>
      at < batch.length
        ? Promise.resolve({ done: false, value: batch[at++] })
        : reader.read().then(take),
  }
  let length = 0
  for await (const { text } of events) {
    if (!text) continue
    length += text.length
    onText(text)
  }
  return length
}

/** The texts of frames that have this before and after them, up to the first frame that has not. */
function cut(frames, before, after) {
  const events = []
  let at = 0
  for (;;) {
    const start = at + before.length
    const end = frames.indexOf('"', start)
    if (end < 0 || frames.slice(at, start) !== before) return events
    at = end + after.length
    if (frames.slice(end, at) !== after) return events
    events.push({ type: 'text-delta', text: frames.slice(start, end) })
  }
}

const current = new URL('../dist/index.js', import.meta.url).href

/** Any server, and whatever comes: text, thinking, arguments. */
async function chatwire(fetch, wire, onText = () => {}) {
  const { getChatModel } = await import(current)
  const llm = getChatModel({
    model: wire.model,
    modelServer: wire.server,
    baseURL: 'http://localhost',
    apiKey,
    fetch,
  })
  let length = 0
  for await (const event of llm.chat({ prompt, stream: true, stop: wire.stop }).events()) {
    const text = event.text ?? event.argumentsDelta
    if (!text) continue
    length += text.length
    onText(text)
  }
  return length
}

/** The same by its short way: text alone. */
const textFrom = (build) =>
  async function chatwireText(fetch, _wire, onText = () => {}) {
    const { getChatModel } = await import(build)
    const llm = getChatModel({ model, modelServer: 'openai', baseURL, apiKey, fetch })
    let length = 0
    for await (const text of llm.chat({ prompt, stream: true })) {
      length += text.length
      onText(text)
    }
    return length
  }

const chatwireText = textFrom(current)
/** The build of `baseline.mjs`. */
const baseline = textFrom(pathToFileURL(`${process.env.BENCH_BASELINE}index.js`).href)

async function openai(fetch, _wire, onText = () => {}) {
  const { default: OpenAI } = await import('openai')
  const client = new OpenAI({ baseURL, apiKey, fetch })
  const stream = await client.chat.completions.create({ model, messages, stream: true })
  let length = 0
  for await (const chunk of stream) {
    const text = chunk.choices[0]?.delta.content
    if (!text) continue
    length += text.length
    onText(text)
  }
  return length
}

async function xsai(fetch, _wire, onText = () => {}) {
  const { streamText } = await import('@xsai/stream-text')
  const { textStream } = streamText({ baseURL, apiKey, fetch, model, messages })
  return readAll(textStream, onText)
}

async function langchain(fetch, _wire, onText = () => {}) {
  const { ChatOpenAI } = await import('@langchain/openai')
  const llm = new ChatOpenAI({ model, apiKey, configuration: { baseURL, fetch } })
  let length = 0
  for await (const { content } of await llm.stream(prompt)) {
    if (!content) continue
    length += content.length
    onText(content)
  }
  return length
}

async function ai(fetch, _wire, onText = () => {}) {
  const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible')
  const { streamText } = await import('ai')
  const provider = createOpenAICompatible({ name: 'bench', baseURL, apiKey, fetch })
  const { textStream } = streamText({ model: provider(model), prompt })
  return readAll(textStream, onText)
}

async function readAll(stream, onText) {
  let length = 0
  const reader = stream.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return length
    length += value.length
    onText(value)
  }
}

/** Each imports its package itself, so that a process loads only its own. */
export const CONTENDERS = {
  bareLoop,
  abortableLoop,
  abortableKyLoop,
  floor,
  chatwire,
  chatwireText,
  baseline,
  openai,
  xsai,
  langchain,
  ai,
}
