/**
 * Started by `memory.test.ts` in a separate process: `node memory-program.mjs <what> <url> <number>`.
 * It prints one line of JSON.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { getChatModel } from 'chatwire'

const [what = '', url = '', number = '0'] = process.argv.slice(2)
const llm = getChatModel({
  model: 'acme',
  modelServer: 'openai',
  apiKey: 'sk-test',
  baseURL: `${url}/v1`,
})
const collect = (globalThis as { gc?: () => void }).gc ?? (() => {})

function heap(): number {
  return process.memoryUsage().heapUsed
}

/**
 * Reads a long text to its end, and has it whole. Where garbage can be collected, measures what is kept beside the text so
 * far: at every MiB, and with the result.
 */
async function flood(): Promise<object> {
  // Loads what the first call loads.
  for await (const _ of llm.chat({ prompt: 'x', stream: true })) break
  collect()
  const before = heap()
  const stream = llm.chat({ prompt: 'x', stream: true })
  let read = 0
  let most = 0
  let next = 0
  for await (const text of stream) {
    read += text.length
    if (read < next) continue
    next += 1024 * 1024
    collect()
    most = Math.max(most, heap() - before - read)
  }
  const result = await stream.result()
  collect()
  const atEnd = heap() - before - read
  const end = result.text.slice(-20)
  collect()
  const whenRead = heap() - before - read
  return { read, length: result.text.length, end, most, atEnd, whenRead }
}

/** Reads the arguments of a call to their end, and keeps none of the events; how much the heap has grown by then. */
async function longCall(): Promise<object> {
  collect()
  const before = heap()
  const stream = llm.chat({ prompt: 'x', stream: true })
  let read = 0
  let grown = 0
  for await (const event of stream.events()) {
    if (event.type !== 'tool-call-delta') continue
    read += event.argumentsDelta.length
    if (read !== Number(number)) continue
    collect()
    grown = heap() - before
  }
  const { toolCalls } = await stream.result()
  return { read, length: toolCalls[0]?.argumentsText.length, grown }
}

/** Many streams at once; the heap when half of each has come, and when all have. */
async function crowd(): Promise<object> {
  const count = Number(number)
  collect()
  const before = heap()
  let half = 0
  let inMiddle = 0
  const results = await Promise.all(
    Array.from({ length: count }, async () => {
      const stream = llm.chat({ prompt: 'x', stream: true })
      let read = 0
      let passed = false
      for await (const text of stream) {
        read += text.length
        if (passed || read < 16_384) continue
        passed = true
        if (++half < count) continue
        collect()
        inMiddle = heap() - before
      }
      return stream.result()
    }),
  )
  await pause(50)
  collect()
  const atEnd = heap() - before
  const text = results.reduce((sum, result) => sum + result.text.length, 0)
  return { count: results.length, text, inMiddle, atEnd }
}

/** Calls that are given up, all under one signal. */
async function aborted(): Promise<object> {
  const { signal } = new AbortController()
  const listeners = new Set<unknown>()
  const { addEventListener, removeEventListener } = signal
  signal.addEventListener = (...all: Parameters<typeof addEventListener>) => {
    listeners.add(all[1])
    addEventListener.apply(signal, all)
  }
  signal.removeEventListener = (...all: Parameters<typeof removeEventListener>) => {
    listeners.delete(all[1])
    removeEventListener.apply(signal, all)
  }
  let added = 0
  let base = 0
  for (let call = 0; call < Number(number); call++) {
    const stream = llm.chat({ prompt: 'x', stream: true, signal })
    const reader = stream[Symbol.asyncIterator]()
    if (call % 4 === 0) stream.cancel()
    else if (call % 4 === 1) {
      const first = reader.next()
      added = Math.max(added, listeners.size)
      stream.cancel(new Error('enough'))
      await first.catch(() => {})
    } else {
      await reader.next()
      added = Math.max(added, listeners.size)
      if (call % 4 === 2) await reader.return?.()
      else stream.cancel()
    }
    if (call === 2000) {
      collect()
      base = heap()
    }
  }
  await pause(100)
  collect()
  return { listeners: listeners.size, added, grown: heap() - base }
}

const programs: Record<string, () => Promise<object>> = { flood, longCall, crowd, aborted }
const warnings: string[] = []
process.on('warning', ({ message }) => warnings.push(message))
console.log(JSON.stringify({ ...(await programs[what]?.()), warnings }))
process.exit(0)
