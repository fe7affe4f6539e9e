/**
 * One cell of the matrix: a call against a fault, and everything that is wrong with how it went.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Callbacks, ChatResult, ErrorInfo, StreamEvent } from 'chatwire'
import { getChatModel, isChatError } from 'chatwire'
import type { Expected, Fault, Place } from './fault.ts'
import { TEXT } from './fault.ts'
import { reveals } from './reveal.ts'
import type { Lane, Upstream } from './upstream.ts'

/** The outcome of a call, as its caller saw it. */
interface Outcome {
  result?: ChatResult
  /** The thrown value, boxed. */
  thrown?: { error: any }
  /** Of a stream that was left. */
  partial?: ChatResult
  events: StreamEvent[]
  /** Everything that callbacks were told. */
  told: [name: string, payload: any][]
  /** The call is about to wait for another try. */
  onRetry?: () => void
  ms: number
}

/** Longest time of a cell, in milliseconds: beyond it the call hangs. */
const HANG = 20_000
/** Time until the server must see the connection closed, in milliseconds. */
const GOODBYE = 2000
/** The reason of the caller's own, where it stops. */
const REASON = new Error('The caller has had enough')

const WEATHER = {
  type: 'function' as const,
  function: {
    name: 'weather',
    description: 'The weather of a city',
    parameters: { type: 'object', properties: { city: { type: 'string' } } },
  },
}

/** Runs a cell. @returns what fell short */
export async function runCell(fault: Fault, place: Place, upstream: Upstream): Promise<string[]> {
  const lane = upstream.open(fault, place)
  const outcome = await ask(lane)
  if (!outcome) return [`hangs: nothing after ${HANG} ms`]
  const problems = judge(fault.expected(place), lane, outcome)
  await untilClosed(lane)
  const open = lane.exchanges.filter(({ closed }) => !closed).length
  if (open) problems.push(`${open} connections left open`)
  problems.push(...judgeKeys(lane, outcome))
  for (const trouble of lane.troubles) problems.push(`the row itself: ${String(trouble)}`)
  return problems
}

async function ask(lane: Lane): Promise<Outcome | undefined> {
  const { place, fault } = lane
  const { column } = place
  const outcome: Outcome = { events: [], told: [], ms: 0 }
  const started = Date.now()
  const llm = getChatModel({
    model: column.model,
    modelServer: column.server,
    apiKey: column.key,
    baseURL: fault.baseURL?.(place) ?? `${lane.url}${column.path}`,
    maxRetries: 1,
    timeout: 10_000,
    idleTimeout: 10_000,
    totalTimeout: 15_000,
    callbacks: observe(outcome),
    ...fault.settings,
  })
  let timer: ReturnType<typeof setTimeout> | undefined
  const hang = new Promise<'hang'>((resolve) => {
    timer = setTimeout(() => resolve('hang'), HANG)
  })
  const call = (place.mode === 'stream' ? readStream : readWhole)(llm, lane, outcome).catch(
    (error: unknown) => {
      outcome.thrown = { error }
    },
  )
  const ended = await Promise.race([call, hang])
  clearTimeout(timer)
  outcome.ms = Date.now() - started
  return ended === 'hang' ? undefined : outcome
}

function observe(outcome: Outcome): Callbacks {
  const names = ['onLLMStart', 'onLLMNewToken', 'onLLMEnd', 'onLLMError', 'onLLMRetry'] as const
  return Object.fromEntries(
    names.map((name) => [
      name,
      (payload: unknown) => {
        outcome.told.push([name, payload])
        if (name === 'onLLMRetry') outcome.onRetry?.()
      },
    ]),
  )
}

type Model = ReturnType<typeof getChatModel>

function requestOf({ fault }: Lane) {
  return { prompt: 'Say hello', ...(fault.tools && { tools: [WEATHER] }) }
}

/** The caller's signal, which goes off when the row says so. */
function signalOf(lane: Lane, outcome: Outcome): { signal?: AbortSignal; stopNow: () => void } {
  const controller = new AbortController()
  const stopNow = () => controller.abort(REASON)
  const { stop } = lane.fault
  if (stop === 'abort while waiting') outcome.onRetry = () => setTimeout(stopNow, 50)
  else if (stop === 'abort before headers' || (stop && lane.place.mode === 'whole')) {
    void lane.asked.then(() => setTimeout(stopNow, 200))
  }
  return { ...(stop?.startsWith('abort') && { signal: controller.signal }), stopNow }
}

async function readWhole(llm: Model, lane: Lane, outcome: Outcome): Promise<void> {
  const { stopNow: _stopNow, ...rest } = signalOf(lane, outcome)
  outcome.result = await llm.chat({ ...requestOf(lane), ...rest })
}

async function readStream(llm: Model, lane: Lane, outcome: Outcome): Promise<void> {
  const { stop } = lane.fault
  const { stopNow, ...rest } = signalOf(lane, outcome)
  const stream = llm.chat({ ...requestOf(lane), ...rest, stream: true })
  let read = 0
  try {
    for await (const event of stream.events()) {
      outcome.events.push(event)
      if (event.type !== 'text-delta') continue
      read += event.text.length
      lane.tell(read)
      if (stop === 'leave') break
      if (read < 11) continue
      if (stop === 'abort in mid-text') setTimeout(stopNow, 30)
      if (stop === 'cancel') setTimeout(() => stream.cancel(REASON), 30)
    }
    if (stop !== 'leave') outcome.result = await stream.result()
  } finally {
    outcome.partial = stream.partial
  }
}

async function untilClosed(lane: Lane): Promise<void> {
  const started = Date.now()
  while (lane.exchanges.some(({ closed }) => !closed) && Date.now() - started < GOODBYE) {
    await pause(10)
  }
}

function judge(expected: Expected, lane: Lane, outcome: Outcome): string[] {
  const problems: string[] = []
  const expect = (what: string, got: unknown, wanted: unknown) => {
    if (got !== wanted) problems.push(`${what} is ${show(got)}, not ${show(wanted)}`)
  }
  const { requests, attempts = requests } = expected
  expect('number of requests', lane.exchanges.length, requests)
  if (expected.ownReason) judgeStop(expected, outcome, expect)
  else if (expected.code) judgeError(expected, attempts, outcome, problems, expect)
  else judgeResult(expected, attempts, lane, outcome, expect)
  judgeRetries(expected, attempts, lane, outcome, problems, expect)
  if (expected.within && outcome.ms > expected.within) problems.push(`took ${outcome.ms} ms`)
  const sent = Math.max(0, ...lane.exchanges.map((exchange) => exchange.sent))
  if (expected.sent && sent > expected.sent) problems.push(`the server got rid of ${sent} bytes`)
  const finishes = outcome.events.filter(({ type }) => type === 'finish').length
  const whole = !expected.code && !expected.ownReason && lane.fault.stop !== 'leave'
  if (lane.place.mode === 'stream') expect('number of finish events', finishes, whole ? 1 : 0)
  return problems
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? 'undefined').slice(0, 120)
}

type Expect = (what: string, got: unknown, wanted: unknown) => void

function judgeStop(expected: Expected, outcome: Outcome, expect: Expect): void {
  expect('what is thrown', outcome.thrown?.error?.message, REASON.message)
  expect('whether it is the very reason', outcome.thrown?.error === REASON, true)
  if (outcome.partial) expect('partial text', outcome.partial.text, expected.text ?? '')
}

function judgeError(
  expected: Expected,
  attempts: number,
  outcome: Outcome,
  problems: string[],
  expect: Expect,
): void {
  if (!outcome.thrown) {
    problems.push(`no error, but ${JSON.stringify(outcome.result?.text)}`)
    return
  }
  const { error } = outcome.thrown
  if (!isChatError(error)) {
    problems.push(`no error of ours: ${String(error)}`)
    return
  }
  if (error.code !== expected.code) problems.push(`says: ${error.message}`)
  expect('code', error.code, expected.code)
  expect('which timeout', (error as { which?: string }).which, expected.which)
  expect('retryable', error.retryable, expected.retryable)
  expect('partial text', error.partial?.text, expected.text ?? '')
  const shown = outcome.events.map((event) => (event.type === 'text-delta' ? event.text : ''))
  if (outcome.events.length > 0) expect('text that was read', shown.join(''), expected.text ?? '')
  expect('finish reason of the partial', error.partial?.finishReason, 'error')
  expect('number of attempts', error.partial?.attempts.length, attempts)
  judgeToolCall(expected, error.partial, expect)
  if (expected.words && !expected.words.test(error.message))
    problems.push(`says "${error.message}", not ${expected.words}`)
  expect('calls of onLLMError', countOf(outcome, 'onLLMError'), 1)
}

function judgeToolCall(expected: Expected, reply: ChatResult | undefined, expect: Expect): void {
  const calls = reply?.toolCalls ?? []
  expect('number of tool calls', calls.length, expected.toolCall === undefined ? 0 : 1)
  const [call] = calls
  if (!call || expected.toolCall === undefined) return
  expect('arguments', call.argumentsText, expected.toolCall)
  expect('whether the call is marked', call.invalid !== undefined, true)
}

function judgeResult(
  expected: Expected,
  attempts: number,
  { fault }: Lane,
  outcome: Outcome,
  expect: Expect,
): void {
  const { error } = outcome.thrown ?? {}
  expect('error', error && `${error.code ?? error.name}: ${error.message}`, undefined)
  const reply = fault.stop === 'leave' ? outcome.partial : outcome.result
  if (error || !reply) return expect('reply', typeof reply, 'object')
  expect('text', reply.text, expected.text ?? TEXT)
  if (fault.stop === 'leave') return
  expect('finish reason', reply.finishReason, expected.finishReason ?? 'stop')
  expect('number of attempts', reply.attempts.length, attempts)
  judgeToolCall(expected, reply, expect)
  if (expected.usage) {
    expect('usage is estimated', reply.usage.estimated ?? false, expected.usage === 'estimated')
  }
  expect('calls of onLLMEnd', countOf(outcome, 'onLLMEnd'), 1)
}

function countOf({ told }: Outcome, wanted: string): number {
  return told.filter(([name]) => name === wanted).length
}

/** Each extra request is reported twice: by an event and by a callback. */
function judgeRetries(
  expected: Expected,
  attempts: number,
  { place, fault, exchanges }: Lane,
  outcome: Outcome,
  problems: string[],
  expect: Expect,
): void {
  const waited = fault.stop === 'abort while waiting'
  const retries = waited ? 1 : Math.max(0, attempts - 1)
  const events = outcome.events.filter(({ type }) => type === 'retry')
  if (place.mode === 'stream') expect('number of retry events', events.length, retries)
  const told = outcome.told.filter(([name]) => name === 'onLLMRetry').map(([, payload]) => payload)
  expect('calls of onLLMRetry', told.length, retries)
  const [retry] = told as { delayMs: number; error: ErrorInfo; retriesLeft: number }[]
  if (!retry) return
  if (expected.code) expect('code of the retry', retry.error.code, expected.code)
  expect('retries left', retry.retriesLeft, 0)
  // What a server asks for, or up to a quarter more, and never less than 100 ms.
  const [asked, longest] = expected.wait ?? [0, waited ? 30_000 : 400]
  const least = expected.wait ? Math.max(asked, 100) : asked
  const most = Math.max(longest, 100) * 1.25
  if (retry.delayMs < least || retry.delayMs > most)
    problems.push(`waits ${retry.delayMs} ms, not ${least} to ${most}`)
  const [first, second] = exchanges
  // Timers may fire a millisecond early.
  if (first && second && second.at - first.at < retry.delayMs - 2)
    problems.push(`came back after ${second.at - first.at} ms, not ${retry.delayMs}`)
}

function judgeKeys({ place, exchanges }: Lane, outcome: Outcome): string[] {
  const { key } = place.column
  const problems: string[] = []
  if (outcome.thrown) problems.push(...reveals('the error', outcome.thrown.error, key))
  for (const event of outcome.events) problems.push(...reveals(`a ${event.type} event`, event, key))
  for (const [name, payload] of outcome.told) problems.push(...reveals(name, payload, key))
  for (const { url, headers } of exchanges) {
    if (url.includes(key)) problems.push('the key stands in the URL')
    const sent = ['authorization', 'api-key', 'x-api-key', 'x-goog-api-key'].map(
      (name) => headers[name],
    )
    if (!sent.join().includes(key)) problems.push('the key was not sent')
  }
  return [...new Set(problems)]
}
