/** Measures the memory of a long answer, a slow reader, many calls and many streams. Programs run against the built package. */
import { spawn } from 'node:child_process'
import type { Server } from 'node:http'
import { createServer } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { delta, END, text } from '../portable/frames.ts'
import { buildTool } from '../runtimes/build.mjs'
import { listen } from '../runtimes/upstream.ts'
import { call, source, tick } from '../unit/helpers.ts'
import { readSSE } from '../../src/http/sse.ts'

const MiB = 1024 * 1024
const PIECE = 'All work and no play makes Jack a dull boy. '.repeat(94).slice(0, 4096)

let url = ''
let close = () => {}
let sent = 0
let program = ''
let serve: (write: (data: string) => Promise<boolean>) => Promise<void> = async () => {}

beforeAll(async () => {
  const server: Server = createServer(async (request, response) => {
    request.resume()
    response.on('error', () => {}) // readers leave
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const gone = new Promise<void>((resolve) => response.once('close', resolve))
    await serve(async (data) => {
      if (response.destroyed) return false
      if (!response.write(data)) {
        await Promise.race([new Promise<void>((go) => response.once('drain', go)), gone])
      }
      sent += data.length
      return !response.destroyed
    })
    response.end()
  })
  ;({ url, close } = await listen(server))
  program = await buildTool('../faults/memory-program')
})
afterAll(() => close())

async function run(flags: string[], ...members: string[]): Promise<any> {
  const child = spawn(process.execPath, [...flags, program, members[0]!, url, ...members.slice(1)])
  let out = ''
  let errors = ''
  child.stdout.on('data', (piece) => (out += piece))
  child.stderr.on('data', (piece) => (errors += piece))
  const code = await new Promise((resolve) => child.on('close', resolve))
  expect(code, errors.slice(0, 2000)).toBe(0)
  const told = JSON.parse(out)
  console.log(members[0], JSON.stringify(told))
  return told
}

/**
 * The text, a copy while its pieces are joined, and room to spare: what a Worker has. What is kept beside the text tells
 * of a second copy, and does not depend on when garbage is collected.
 */
const FLOOD = ['--expose-gc', '--max-old-space-size=128']

function expectOneCopy(told: Record<string, number>): void {
  for (const kept of ['most', 'atEnd', 'whenRead']) expect(told[kept], kept).toBeLessThan(4 * MiB)
}

test('40 MiB of text are kept once, while they come and in result(), which has them all', async () => {
  const pieces = (40 * MiB) / PIECE.length
  serve = async (write) => {
    for (let piece = 0; piece < pieces; piece++) if (!(await write(text(PIECE)))) return
    await write(END)
  }
  const told = await run(FLOOD, 'flood')
  expect(told).toMatchObject({ read: 40 * MiB, length: 40 * MiB, end: PIECE.slice(-20) })
  expectOneCopy(told)
})

test('40 MiB in pieces of a few characters are kept once as well', async () => {
  const batch = text(PIECE.slice(0, 40)).repeat(50)
  const batches = Math.ceil((40 * MiB) / 2000)
  serve = async (write) => {
    for (let piece = 0; piece < batches; piece++) if (!(await write(batch))) return
    await write(END)
  }
  const told = await run(FLOOD, 'flood')
  expect(told).toMatchObject({ read: batches * 2000, length: batches * 2000 })
  expectOneCopy(told)
})

test('words that are kept keep nothing of their frames', async () => {
  const count = 20_000
  const words = (piece: number) => `a few words, no ${piece % 10}`
  // Members that servers send with each chunk and that are ignored.
  const note = PIECE.slice(0, 2048)
  const frame = (text: string, name?: string) =>
    delta({ tool_calls: [{ index: 0, function: { name, arguments: text } }], note })
  serve = async (write) => {
    await write(frame('"', 'f'))
    for (let piece = 0; piece < count; piece++) if (!(await write(frame(words(piece))))) return
    await write(frame('"') + END)
  }
  const read = count * words(0).length + 2
  const told = await run(['--expose-gc'], 'longCall', String(read))
  expect(told).toMatchObject({ read, length: read })
  // Their frames are 45 MB.
  expect(told.grown).toBeLessThan(16 * MiB)
})

test('1,000 streams at once take what their text needs', async () => {
  const share = 32 * 1024
  serve = async (write) => {
    for (let at = 0; at < share; at += 1024) {
      await write(text(PIECE.slice(0, 1024)))
      await pause(1)
    }
    await write(END)
  }
  const told = await run(['--expose-gc'], 'crowd', '1000')
  expect(told).toMatchObject({ count: 1000, text: 1000 * share, warnings: [] })
  // The text, and for each stream its connection, its parser and its promises.
  expect(told.inMiddle).toBeLessThan((1000 * share) / 2 + 1000 * 96 * 1024)
  expect(told.atEnd).toBeLessThan(1000 * share + 1000 * 32 * 1024)
})

test('10,000 calls given up under one long-lived signal leave no listener', async () => {
  serve = async (write) => {
    while (await write(text('more'))) await pause(20)
  }
  const told = await run(['--expose-gc'], 'aborted', '10000')
  expect(told).toMatchObject({ listeners: 0, warnings: [] })
  expect(told.added).toBeGreaterThan(0)
  expect(told.grown).toBeLessThan(4 * MiB)
})

test('a reader that pauses pauses the server', async () => {
  const { getChatModel } = await import('../../src/builtins.ts')
  serve = async (write) => {
    for (let at = 0; at < 256 * MiB; at += PIECE.length) if (!(await write(text(PIECE)))) return
  }
  sent = 0
  const llm = getChatModel({ model: 'm', modelServer: 'openai', apiKey: 'k', baseURL: url })
  const reader = llm.chat({ prompt: 'x', stream: true })[Symbol.asyncIterator]()
  await reader.next()
  await pause(700)
  const soon = sent
  await pause(700)
  // What system and runtime hold by themselves; nothing of it grows.
  expect(sent).toBe(soon)
  expect(soon).toBeLessThan(16 * MiB)
  await reader.return?.()
})

test('of a body that waits, at most a handful of pieces is in flight', async () => {
  const { getChatModel } = await import('../../src/builtins.ts')
  const body = source(Array.from({ length: 1000 }, () => new TextEncoder().encode(text('word'))))
  const fetch = async () => new Response(body.stream)
  const llm = getChatModel({ model: 'm', modelServer: 'openai', apiKey: 'k', baseURL: url, fetch })
  const reader = llm.chat({ prompt: 'x', stream: true })[Symbol.asyncIterator]()
  for (let read = 1; read <= 5; read++) {
    await reader.next()
    await tick(20)
    expect(body.pulls).toBeLessThanOrEqual(read + 2)
  }
  await reader.return?.()
  await tick()
  expect(body.cancelled).toBeDefined()
})

test('frames are read one piece ahead at the most, borders included', async () => {
  const body = source(
    Array.from({ length: 100 }, () => new TextEncoder().encode(delta({ content: 'a' }))),
  )
  const frames = readSSE(new Response(body.stream), call())
  await frames.next()
  await tick(20)
  expect(body.pulls).toBeLessThanOrEqual(2)
  await frames.return()
})
