/**
 * Measures a React chat page with `createConversation` beside the same page with `useChat`: what the page loads
 * besides React, and the time of 10,000 deltas rendered into a conversation of 200 messages, in Chromium.
 */
import { gzipSync } from 'node:zlib'
import { chromium } from '@playwright/test'
import { build } from 'esbuild'
import { ROOT } from './programs.mjs'
import { round, tell } from './result.mjs'

const DELTAS = process.env.BENCH_QUICK ? 1000 : 10_000
const RUNS = process.env.BENCH_QUICK ? 1 : 5
const REACT = ['react', 'react-dom/client', 'react/jsx-runtime']

/** The page of each, with memoized messages. */
const HOOKS = {
  chatwire: `import { useState, useSyncExternalStore } from 'react'
import { createConversation } from 'chatwire/conversation'
const useMessages = (history) => {
  const [conversation] = useState(() => createConversation({
    url: '/api/chat',
    messages: history.map(({ role, text }) => ({ role, content: text })),
  }))
  const { subscribe, getSnapshot, getServerSnapshot, send } = conversation
  const { messages } = useSyncExternalStore(subscribe, getSnapshot, getServerSnapshot)
  return { messages, send }
}
const textOf = ({ text }) => text`,
  useChat: `import { useChat } from '@ai-sdk/react'
const useMessages = (history) => {
  const messages = history.map(({ role, text }, index) => ({ id: String(index), role, parts: [{ type: 'text', text }] }))
  const chat = useChat({ messages })
  return { messages: chat.messages, send: (text) => chat.sendMessage({ text }) }
}
const textOf = ({ parts }) => parts.map((part) => (part.type === 'text' ? part.text : '')).join('')`,
}

const page = (hook) => `${hook}
import { createElement, memo } from 'react'
import { createRoot } from 'react-dom/client'
const Message = memo(({ message }) => createElement('p', { className: message.role }, textOf(message)))
function Chat() {
  const { messages, send } = useMessages(globalThis.history200 ?? [])
  globalThis.send = send
  return messages.map((message) => createElement(Message, { key: message.id, message }))
}
createRoot(document.querySelector('main')).render(createElement(Chat))`

/** A page built by a bundler that splits: each file with the modules in it. */
async function bundle(hook, external) {
  const { outputFiles, metafile } = await build({
    stdin: { contents: page(hook), resolveDir: ROOT },
    outdir: 'out',
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    define: { 'process.env.NODE_ENV': '"production"' },
    external,
    metafile: true,
    write: false,
    logLevel: 'error',
  })
  return outputFiles.map(({ path, text }) => {
    const name = path.split('/').pop()
    const inputs = Object.entries(metafile.outputs[`out/${name}`].inputs)
    const modules = inputs
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
      .map(([file]) => file)
    return { name, text, modules }
  })
}

/** Modules of each page that it has loaded once it has chatted. */
const served = {}
async function measure(browser, hook) {
  const files = new Map((await bundle(hook, [])).map((file) => [file.name, file]))
  const tab = await browser.newPage()
  const loaded = new Set()
  await tab.route('http://page.example/**', (route) => {
    const name = new URL(route.request().url()).pathname.slice(1)
    const file = files.get(name)
    if (file) {
      for (const module of file.modules) loaded.add(module)
      return route.fulfill({ contentType: 'text/javascript', body: file.text })
    }
    return route.fulfill({
      contentType: 'text/html',
      body: `<!doctype html><style>${LINES}</style><main></main><script>${SERVER}</script><script type="module" src="/stdin.js"></script>`,
    })
  })
  await tab.goto('http://page.example/')
  await tab.waitForFunction(() => globalThis.send && document.querySelectorAll('p').length === 200)
  const session = await tab.context().newCDPSession(tab)
  await session.send('Performance.enable')
  const readTimes = async () => {
    const { metrics } = await session.send('Performance.getMetrics')
    const milliseconds = (wanted) => metrics.find(({ name }) => name === wanted).value * 1000
    return { cpu: milliseconds('TaskDuration'), script: milliseconds('ScriptDuration') }
  }
  const before = await readTimes()
  await tab.evaluate(() => void globalThis.send('Go on'))
  await tab.waitForFunction(
    (length) => document.querySelector('p:last-child').textContent.length === length,
    DELTAS * 5,
    { timeout: 120_000, polling: 200 },
  )
  const after = await readTimes()
  await tab.close()
  return { cpu: after.cpu - before.cpu, script: after.script - before.script, loaded }
}

/** Lines of a fixed size: the layout of a paragraph of 50,000 characters would hide all else. */
const LINES = 'p { height: 1.2em; overflow: hidden; white-space: nowrap; contain: strict }'

/** A server inside the page that sends ten deltas at a time, in the protocol that the page asks for. */
const SERVER = `
globalThis.history200 = Array.from({ length: 200 }, (_, index) => ({
  role: index % 2 ? 'assistant' : 'user', text: 'A message of some words. '.repeat(8) }))
globalThis.fetch = async (url, init) => {
  const isUseChat = 'trigger' in JSON.parse(init.body)
  const encoder = new TextEncoder()
  const frame = (value) => 'data: ' + JSON.stringify(value) + '\\n\\n'
  const start = isUseChat ? frame({ type: 'start' }) + frame({ type: 'text-start', id: '0' }) : ''
  const delta = isUseChat
    ? frame({ type: 'text-delta', id: '0', delta: 'word ' })
    : frame({ type: 'text-delta', text: 'word ' })
  const end = isUseChat
    ? frame({ type: 'text-end', id: '0' }) + frame({ type: 'finish' }) + 'data: [DONE]\\n\\n'
    : frame({ type: 'finish', finishReason: 'stop' })
  let sent = 0
  return new Response(new ReadableStream({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 1))
      if (sent === 0) controller.enqueue(encoder.encode(start))
      controller.enqueue(encoder.encode(delta.repeat(10)))
      sent += 10
      if (sent < ${DELTAS}) return
      controller.enqueue(encoder.encode(end))
      controller.close()
    },
  }), { headers: { 'content-type': 'text/event-stream' } })
}`

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  chromiumSandbox: false,
})
const times = { chatwire: [], useChat: [] }
for (let run = 0; run < RUNS; run++)
  for (const [name, hook] of Object.entries(HOOKS)) {
    const { loaded, ...spent } = await measure(browser, hook)
    times[name].push(spent)
    served[name] = loaded
  }
await browser.close()

/** Without React, and without what the measured page did not load, such as the tools. */
const size = async (name) => {
  const files = await bundle(HOOKS[name], REACT)
  const loaded = files.filter(({ modules }) => modules.some((module) => served[name].has(module)))
  return loaded.reduce((sum, { text }) => sum + gzipSync(text, { level: 9 }).length, 0) / 1000
}
const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)]
const medianOf = (name, kind) => median(times[name].map((spent) => spent[kind]))
const kB = { chatwire: await size('chatwire'), useChat: await size('useChat') }
const ratio = (kind) => medianOf('chatwire', kind) / medianOf('useChat', kind)
tell({
  title: 'A chat page in React',
  note: `The page without React: scripts that it loads, chunks on demand included. Times: ${DELTAS} deltas into a conversation of 200 messages in Chromium, medians of ${RUNS}; CPU includes the layout and the painting of a text that grows, for each frame that Chromium shows.`,
  head: ['', 'gzip, kB', 'CPU, ms', 'script alone, ms'],
  rows: Object.keys(HOOKS).map((name) => [
    name,
    round(kB[name]),
    round(medianOf(name, 'cpu')),
    round(medianOf(name, 'script')),
  ]),
  figures: [
    { what: 'size beside `useChat`', value: kB.chatwire / kB.useChat, limit: 0.45, unit: '×' },
    { what: 'CPU beside `useChat`', value: ratio('cpu'), limit: 0.5, unit: '×' },
    { what: 'script time beside `useChat`', value: ratio('script'), limit: 0.5, unit: '×' },
  ],
})
