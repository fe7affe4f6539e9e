import { mkdir, readFile, symlink } from 'node:fs/promises'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Page } from '@playwright/test'
import { getChatModel } from 'chatwire'
import { repliesInMemory, resumeResponse } from 'chatwire/server'
import { simulate } from 'chatwire/testing'
import { build as esbuild } from 'esbuild'
import { build, preview } from 'vite'
import { beforeAll, beforeEach, describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import type { Tab } from './browser.ts'
import { useBrowser } from './browser.ts'
import { ROOT } from './run.ts'
import { JOKE, KEY, serve, serveModel, STALLED } from './servers.ts'

const project = inject('project')
const openTab = useBrowser()

/** Packages that the pages import besides this one. */
const PACKAGES = [
  'react',
  'react-dom',
  'vue',
  'svelte',
  'solid-js',
  'vite',
  'vite-plugin-solid',
  '@vitejs/plugin-vue',
  '@sveltejs/vite-plugin-svelte',
  '@ai-sdk/react',
]

beforeAll(async () => {
  for (const name of PACKAGES) {
    const link = path.join(project, 'node_modules', name)
    await mkdir(path.dirname(link), { recursive: true })
    await symlink(path.join(ROOT, 'node_modules', name), link).catch(() => {}) // another file's
  }
})

beforeEach(() => {
  vi.stubEnv('OPENAI_API_KEY', KEY)
  onTestFinished(() => void vi.unstubAllEnvs())
})

type Handler = (request: Request) => Promise<Response>

/** Loads a server of the examples. */
async function load(
  file: string,
): Promise<Record<string, Handler> & { default: { fetch: never } }> {
  return await import(/* @vite-ignore */ pathToFileURL(path.join(project, file)).href)
}

async function startChatServer(script: Parameters<typeof serveModel>[1] = {}) {
  const model = await serveModel('openai', script)
  vi.stubEnv('OPENAI_BASE_URL', `${model.url}/v1`)
  const { fetch } = (await load('chat-server/server.ts')).default as { fetch: Handler }
  return { model, fetch }
}

/** Builds an example with Vite, and serves it before a server. @returns its URL */
async function startApp(name: string, server: Handler, mode = 'production'): Promise<string> {
  const root = path.join(project, name)
  const outDir = `dist-${mode}`
  vi.stubEnv('CHAT_SERVER', await serve(server))
  vi.stubEnv('NODE_ENV', mode)
  await build({ root, mode, logLevel: 'error', build: { outDir } })
  const host = { host: '127.0.0.1', port: 0 }
  const served = await preview({ root, logLevel: 'silent', build: { outDir }, preview: host })
  onTestFinished(() => served.close())
  return served.resolvedUrls?.local[0] ?? ''
}

const ask = async (page: Page, prompt: string) => {
  await page.getByLabel('Your question').fill(prompt)
  await page.getByRole('button', { name: 'Send' }).click()
}
/** Opens a tab with the same storage. */
async function openBeside(page: Page, url: string): Promise<Page> {
  const opened = page.waitForEvent('popup')
  await page.evaluate((to) => void window.open(to), url)
  return await opened
}
const replies = (page: Page) => page.locator('.assistant')

/** Drives a page: two turns, a stop, another version, and a reload. */
async function chat({ page, problems }: Tab, url: string, requests: readonly { body: any }[]) {
  await page.goto(url)
  await ask(page, 'One')
  await page.getByText(JOKE).waitFor()
  await ask(page, 'Two')
  await replies(page).nth(1).getByText('Why do').waitFor()
  await page.getByRole('button', { name: 'Stop' }).click()
  await replies(page).nth(1).getByText('(stopped)').waitFor()
  expect(requests[1]?.body.messages).toHaveLength(3)
  await page.getByRole('button', { name: 'Retry' }).click()
  await replies(page).nth(1).getByText(JOKE).waitFor()
  await page.reload()
  await replies(page).nth(1).getByText(JOKE).waitFor()
  expect(await page.locator('p').allInnerTexts()).toHaveLength(4)
  expect(requests).toHaveLength(3)
  expect(problems).toEqual([])
}

const script = [JOKE, STALLED, JOKE]

describe('a chat page', () => {
  test.each(['chat-react', 'chat-vue', 'chat-svelte', 'chat-solid'])(
    'examples/%s keeps its messages, stops, and asks again',
    async (name) => {
      const { model, fetch } = await startChatServer({ script })
      await chat(await openTab(), await startApp(name, fetch), model.requests)
    },
  )

  test('examples/chat-page does so without a build', async () => {
    const { model, fetch } = await startChatServer({ script })
    const page = await readFile(path.join(project, 'chat-page/index.html'), 'utf8')
    const dist = path.join(project, 'node_modules/chatwire/dist')
    // What a CDN does: it serves the entry and its dependencies as modules.
    await esbuild({
      entryPoints: [path.join(dist, 'conversation.js')],
      outdir: path.join(project, 'cdn'),
      bundle: true,
      splitting: true,
      format: 'esm',
    })
    const url = await serve(async (request) => {
      const { pathname } = new URL(request.url)
      if (pathname === '/api/chat') return await fetch(request)
      const isPage = pathname === '/'
      const text = isPage
        ? page.replace('https://esm.sh/chatwire@0.1/', '/cdn/')
        : await readFile(path.join(project, `${pathname.replace(/(\.js)?$/, '.js')}`), 'utf8')
      const type = isPage ? 'text/html; charset=utf-8' : 'text/javascript'
      return new Response(text, { headers: { 'content-type': type } })
    })
    await chat(await openTab(), url, model.requests)
  })

  test('examples/chat-next answers by its route handler', async () => {
    const model = await serveModel('openai', { script })
    vi.stubEnv('OPENAI_BASE_URL', `${model.url}/v1`)
    const handlers = await load('chat-next/app/api/chat/route.ts')
    const { outputFiles } = await esbuild({
      stdin: {
        contents: `import { createElement } from 'react'
import { createRoot } from 'react-dom/client'
import Chat from './chat-next/app/page.tsx'
createRoot(document.querySelector('div')).render(createElement(Chat))`,
        resolveDir: project,
      },
      bundle: true,
      format: 'esm',
      jsx: 'automatic',
      write: false,
    })
    const url = await serve(async (request) => {
      const { pathname } = new URL(request.url)
      if (pathname === '/api/chat') return await (handlers[request.method] as Handler)(request)
      return pathname === '/page.js'
        ? new Response(outputFiles[0]?.text, { headers: { 'content-type': 'text/javascript' } })
        : new Response(
            '<!doctype html><link rel="icon" href="data:,"><div></div><script type="module" src="/page.js"></script>',
            { headers: { 'content-type': 'text/html' } },
          )
    })
    const { page, problems } = await openTab()
    await page.goto(url)
    await ask(page, 'One')
    await page.getByText(JOKE).waitFor()
    expect(problems).toEqual([])
    expect(model.requests).toHaveLength(1)
  })

  test('examples/use-chat keeps the page of the AI SDK and answers by a Worker', async () => {
    const model = await serveModel('openai', { script: JOKE })
    const worker = (await load('use-chat/worker.ts')).default as {
      fetch: (request: Request, env: object) => Promise<Response>
    }
    const env = { OPENAI_API_KEY: KEY, OPENAI_BASE_URL: `${model.url}/v1` }
    const url = await startApp('use-chat', (request) => worker.fetch(request, env))
    const { page, problems } = await openTab()
    await page.goto(url)
    for (const [index, prompt] of ['One', 'Two'].entries()) {
      await ask(page, prompt)
      await replies(page).nth(index).getByText(JOKE).waitFor()
    }
    expect(model.requests[1]?.body.messages).toHaveLength(3)
    expect(problems).toEqual([])
  })
})

/** A reply of which each word takes its time. */
const SLOW = { script: { text: JOKE, delayMs: 150 } }

describe('a reply', () => {
  test('goes on after a reload in mid-answer, and a second tab watches it', async () => {
    const { model, fetch } = await startChatServer(SLOW)
    const { page, problems } = await openTab()
    const url = await startApp('chat-react', fetch)
    await page.goto(url)
    await ask(page, 'One')
    await replies(page).getByText('Why do').waitFor()
    const second = await openBeside(page, url)
    await page.reload()
    for (const each of [page, second])
      await replies(each).getByText(JOKE, { exact: true }).waitFor()
    expect(model.requests).toHaveLength(1)
    expect(problems).toEqual([])
  })

  test('is ended by a stop from another tab', async () => {
    const { model, fetch } = await startChatServer({ script: STALLED })
    const { page } = await openTab()
    const url = await startApp('chat-react', fetch)
    await page.goto(url)
    await ask(page, 'One')
    await replies(page).getByText('Why do').waitFor()
    const second = await openBeside(page, url)
    await second.getByRole('button', { name: 'Stop' }).click()
    await model.left
    await page.getByRole('button', { name: 'Send' }).and(page.locator(':enabled')).waitFor()
    expect(await replies(page).innerText()).toContain('Why do')
  })

  test('under StrictMode is asked for once, also after a reload', async () => {
    const { model, fetch } = await startChatServer(SLOW)
    const { page, problems, requests } = await openTab()
    const url = await startApp('chat-react', fetch, 'development')
    await page.goto(url)
    await ask(page, 'One')
    await replies(page).getByText('Why do').waitFor()
    await page.reload()
    await replies(page).getByText(JOKE, { exact: true }).waitFor()
    const calls = requests.filter((each) => each.includes('/api/chat'))
    expect(calls.map((each) => each.split(' ')[0])).toEqual(['POST', 'GET'])
    expect(model.requests).toHaveLength(1)
    expect(problems).toEqual([])
  })

  test('of which two tabs run the tool of the page runs it once', async () => {
    const calls = { text: 'Let me see.', toolCalls: [{ name: 'pay', arguments: {} }], delayMs: 10 }
    const simulated = simulate('openai', [calls, JOKE])
    let watch = () => {}
    const watched = new Promise<void>((resolve) => (watch = resolve))
    const fetch = async (address: string, init: RequestInit) => {
      const response = await simulated(address, init)
      const hold = new TransformStream<Uint8Array, Uint8Array>({
        async transform(chunk, controller) {
          // Both tabs read the reply before it calls the tool.
          if (new TextDecoder().decode(chunk).includes('tool_calls')) await watched
          controller.enqueue(chunk)
        },
      })
      return new Response(response.body?.pipeThrough(hold) ?? null, response)
    }
    const llm = getChatModel({ model: 'gpt-4o', modelServer: 'openai', apiKey: KEY, fetch })
    const tools = [{ type: 'function' as const, function: { name: 'pay', parameters: {} } }]
    const store = repliesInMemory()
    const { outputFiles } = await esbuild({
      stdin: {
        contents: `import { createConversation, storeInLocalStorage } from 'chatwire/conversation'
const conversation = createConversation({
  url: '/api/chat',
  storage: storeInLocalStorage(),
  tools: [{ name: 'pay', execute: () => fetch('/pay', { method: 'POST' }).then(() => 'Paid') }],
})
conversation.subscribe(({ messages }) => {
  document.body.textContent = messages.map(({ text, toolCalls }) => text + toolCalls.map(({ result }) => result)).join('|')
})
globalThis.send = conversation.send`,
        resolveDir: project,
      },
      bundle: true,
      format: 'esm',
      write: false,
    })
    let paid = 0
    const url = await serve(async (request) => {
      const { pathname } = new URL(request.url)
      if (pathname === '/pay') {
        paid++
        await new Promise((resolve) => setTimeout(resolve, 500)) // the other tab asks meanwhile
        return new Response('')
      }
      if (pathname === '/page.js')
        return new Response(outputFiles[0]?.text, {
          headers: { 'content-type': 'text/javascript' },
        })
      if (pathname !== '/api/chat')
        return new Response(
          '<!doctype html><link rel="icon" href="data:,"><body></body><script type="module" src="/page.js"></script>',
          { headers: { 'content-type': 'text/html' } },
        )
      if (request.method !== 'POST') {
        watch()
        return await resumeResponse(request, { store })
      }
      const { messages } = await request.json()
      const stream = llm.chatWithFunctions({ messages, tools, stream: true })
      return stream.toResponse({ resumable: { store } })
    })
    const { page, problems } = await openTab()
    await page.goto(url)
    await page.waitForFunction('globalThis.send')
    await page.evaluate('void send("Buy it")')
    await page.getByText('Let').waitFor()
    const second = await openBeside(page, url)
    for (const tab of [page, second]) await tab.getByText(`${JOKE}Paid`).waitFor()
    expect(paid).toBe(1)
    expect(simulated.requests).toHaveLength(2)
    expect(problems).toEqual([])
  })
})
