/**
 * Soaks the gateway and the relay: callers over real sockets, six simulated vendors that fail in all ways, callers that
 * leave. Every text that ends without an error must be the whole one. Writes the figures to `soak.json`.
 *
 *     npm run soak -- --minutes 10 --callers 24
 */
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { parseArgs } from 'node:util'
import { getChatModel } from 'chatwire'
import { createGateway, createRelay } from 'chatwire/gateway'
import { simulate } from 'chatwire/testing'
import { toListener } from '../../examples/node-server/listener.mjs'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    callers: { type: 'string', default: '24' },
  },
})
const minutes = Number(values.minutes)
const callers = Number(values.callers)
if (!(minutes > 0 && callers > 0)) throw new Error('--minutes and --callers must be above 0')

const MODELS = {
  dashscope: ['qwen-plus', '/api/v1'],
  zhipu: ['glm-4.7', '/api/paas/v4'],
  openai: ['gpt-4o', '/v1'],
  anthropic: ['claude-sonnet-4-5', '/v1'],
  gemini: ['gemini-2.5-flash', '/v1beta'],
  ollama: ['qwen3:8b', ''],
}
const VENDORS = Object.keys(MODELS)
const FAULTS = [
  { fault: { kind: 'reset', after: 6 } },
  { fault: { kind: 'cut', after: 9 } },
  { fault: { kind: 'garbage', after: 5 } },
  { fault: { kind: 'stall', after: 8 } },
  { fault: { kind: 'delayHeaders', ms: 40 } },
  { error: { status: 429, headers: { 'retry-after': '0' } } },
  { error: { status: 500 } },
  { error: { status: 401 } },
]
const BODIES = [
  {},
  { max_tokens: 500, temperature: 0.5 },
  { response_format: { type: 'json_object' } },
  { stop: ['never said'] },
]

/** One text per request, which names the request: any mixing up of two shows. */
const textOf = (id) =>
  JSON.stringify({ id, words: Array.from({ length: 60 }, (_, at) => `word ${at} of ${id} 顺流`) })

/** @param {number} most */
const random = (most) => Math.floor(Math.random() * most)
const pick = (list) => list[random(list.length)]

/** @param {(request: Request) => Promise<Response>} handler */
async function serve(handler) {
  const server = createServer(toListener(handler))
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  const close = () =>
    new Promise((resolve) => {
      server.close(resolve)
      server.closeAllConnections()
    })
  return { url: `http://127.0.0.1:${port}`, close }
}

/** Answers with the text that the last message asks for, now and then with a fault. */
function answer({ body }) {
  const id = /id-\d+/.exec(JSON.stringify(body))?.[0] ?? ''
  const fault = random(4) === 0 ? pick(FAULTS) : {}
  return { text: textOf(id), ...fault }
}

const LIMITS = { maxRetries: 1, idleTimeout: 1000 }
const outcomes = { whole: 0, failed: 0, left: 0, wrong: 0 }
const wrong = []
const closers = []
const configs = {}
const bases = {}
for (const vendor of VENDORS) {
  const simulator = simulate(vendor, answer)
  const { url, close } = await serve((request) => {
    // It keeps what it was asked, which would be the growth that is measured.
    if (simulator.requests.length > 100) simulator.requests.splice(0, 100)
    return simulator.handler(request)
  })
  closers.push(close)
  const [model, path] = MODELS[vendor]
  bases[vendor] = url + path
  configs[vendor] = {
    modelServer: vendor,
    model,
    apiKey: 'id.secret',
    baseURL: bases[vendor],
    ...LIMITS,
  }
}
const { dashscope, openai, zhipu } = configs
const ended = { answered: 0, failed: 0, refused: 0, left: 0 }
const gateway = createGateway({
  models: { ...configs, list: { failover: [dashscope, openai, zhipu], onCut: 'continue' } },
  authorize: (request) => request.headers.get('authorization') === 'Bearer soak' && 'soak',
  onEnd: ({ outcome }) => void ended[outcome]++,
  limits: { totalTimeout: 30_000 },
})
const servers = Object.fromEntries(
  VENDORS.map((vendor) => [vendor, { apiKey: 'id.secret', baseURL: bases[vendor] }]),
)
const relay = createRelay({
  servers,
  authorize: (request) => JSON.stringify([...request.headers]).includes('soak'),
})
const edge = await serve((request) =>
  new URL(request.url).pathname.startsWith('/relay/') ? relay(request) : gateway(request),
)
closers.push(edge.close)

let next = 0
async function throughGateway(id, leaves) {
  const stream = random(2) === 0
  const controller = new AbortController()
  const response = await fetch(`${edge.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer soak', 'content-type': 'application/json' },
    body: JSON.stringify({
      model: pick([...VENDORS, 'list']),
      messages: [{ role: 'user', content: `Say ${id} in JSON` }],
      stream,
      ...pick(BODIES),
    }),
    signal: controller.signal,
  })
  if (!stream) {
    const { choices, error } = await response.json()
    return error ? undefined : choices[0].message.content
  }
  const decoder = new TextDecoder()
  let body = ''
  for await (const piece of response.body ?? []) {
    body += decoder.decode(piece, { stream: true })
    if (leaves && body.length > 2000) {
      controller.abort()
      return undefined
    }
  }
  let text = ''
  let isWhole = false
  for (const line of body.split('\n')) {
    if (line === 'data: [DONE]') isWhole = true
    if (!line.startsWith('data: {')) continue
    const { choices = [], error } = JSON.parse(line.slice(6))
    if (error) return undefined
    text += choices[0]?.delta.content ?? ''
  }
  return response.ok && isWhole ? text : undefined
}

async function throughRelay(id, leaves) {
  const vendor = pick(VENDORS)
  const [model] = MODELS[vendor]
  const baseURL = `${edge.url}/relay/${vendor}`
  const llm = getChatModel({ modelServer: vendor, model, apiKey: 'soak.soak', baseURL, ...LIMITS })
  const stream = llm.chat({ prompt: `Say ${id} in JSON`, stream: true })
  let text = ''
  for await (const piece of stream) {
    text += piece
    if (leaves && text.length > 300) return undefined
  }
  return text
}

const until = Date.now() + minutes * 60_000
async function call() {
  while (Date.now() < until) {
    const id = `id-${next++}`
    const leaves = random(10) === 0
    try {
      const text = await (random(3) === 0 ? throughRelay : throughGateway)(id, leaves)
      if (text === undefined) outcomes[leaves ? 'left' : 'failed']++
      else if (text === textOf(id)) outcomes.whole++
      else {
        outcomes.wrong++
        wrong.push({ id, text: text.slice(0, 300) })
      }
    } catch {
      outcomes.failed++ // a fault of the script, told as an error
    }
  }
}

/** Bytes of the heap after a collection. */
function heap() {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

const running = Array.from({ length: callers }, () => call())
// Code is compiled and caches fill up during the first tenth.
await new Promise((resolve) => setTimeout(resolve, minutes * 6000))
const before = heap()
await Promise.all(running)
const after = heap()
await Promise.all(closers.map((close) => close()))
await new Promise((resolve) => setTimeout(resolve, 5000)) // what fetch keeps alive ends after 4 s
const handles = process.getActiveResourcesInfo().filter((name) => !/^(TTY|Pipe|Process)/.test(name))

const figures = {
  minutes,
  callers,
  requests: next,
  ...outcomes,
  ended,
  heapGrowthMB: Math.round((after - before) / 1e5) / 10,
  openHandles: handles.filter((name) => name !== 'Timeout').length,
  node: process.version,
}
console.log(figures, wrong.slice(0, 5))
writeFileSync(new URL('soak.json', import.meta.url), `${JSON.stringify(figures, null, 2)}\n`)
process.exitCode =
  outcomes.wrong > 0 || figures.heapGrowthMB > 20 || figures.openHandles > 0 ? 1 : 0
