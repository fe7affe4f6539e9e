import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { build } from 'esbuild'
import { expect, inject, onTestFinished, test, vi } from 'vitest'
import { preview } from 'vite'
import type { Tab } from './browser.ts'
import { useBrowser } from './browser.ts'
import { run, tool } from './run.ts'
import { JOKE, KEY, serveFiles, serveModel, STALLED } from './servers.ts'

const project = inject('project')
const dist = path.join(project, 'node_modules/chatwire/dist')
const openTab = useBrowser()

const HEAD = '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">'

/** A page's own script: asks the model that its URL names, and shows what comes. */
const ASK = `const llm = getChatModel({
  modelServer: 'zhipu',
  model: 'glm-4.7',
  baseURL: new URLSearchParams(location.search).get('api'),
  apiKey: () => '${KEY}',
})
const output = document.body.appendChild(document.createElement('output'))
for await (const text of llm.chat({ prompt: 'Hi', stream: true })) output.append(text)
output.dataset.done = 'true'`

test('examples/browser chats with the CDN file and asks for nothing else', async () => {
  const { url: model, requests } = await serveModel('openai', { cors: true })
  const { url } = await serveFiles(path.join(project, 'browser'))
  const tab = await openTab()
  const file = await readFile(path.join(dist, 'cdn.min.js'))
  await tab.page.route('https://cdn.jsdelivr.net/**', (route) => {
    const headers = { 'access-control-allow-origin': '*' }
    return route.fulfill({ body: file, contentType: 'application/javascript', headers })
  })
  const address = `${url}/index.html?server=${model}/v1&model=gpt-5-mini`
  await tab.page.goto(address)
  await tab.page.getByLabel('Your key').fill(KEY)
  await tab.page.getByRole('button').click()
  await tab.page.getByText(JOKE, { exact: true }).waitFor()
  expect(tab.problems).toEqual([])
  expect(tab.requests).toEqual([
    `GET ${address}`,
    'GET https://cdn.jsdelivr.net/npm/chatwire@0.1/dist/cdn.min.js',
    `POST ${model}/v1/chat/completions`,
  ])
  expect(requests).toHaveLength(1)
})

test('a page loads the CDN file with one request, and no other', async () => {
  const { url: model } = await serveModel('zhipu', { cors: true })
  const script = `import { getChatModel } from './cdn.min.js'\n${ASK}`
  const { url, paths } = await serveFiles(dist, {
    '/page.html': `${HEAD}<body><script type="module">${script}</script>`,
  })
  const tab = await openTab()
  await tab.page.goto(`${url}/page.html?api=${model}`)
  expect(await answerOf(tab)).toBe(JOKE)
  expect(tab.problems).toEqual([])
  expect(paths).toEqual(['/page.html', '/cdn.min.js'])
  expect(tab.requests.slice(2)).toEqual([`POST ${model}/api/paas/v4/chat/completions`])
})

test('a page chats with Ollama where its origin is listed, and gets an error where it is not', async () => {
  const script = `import { OllamaLLM } from './cdn.min.js'
const baseURL = new URLSearchParams(location.search).get('api')
const llm = new OllamaLLM({ model: 'llama3.1', baseURL, maxRetries: 0 })
const output = document.body.appendChild(document.createElement('output'))
output.append(await llm.chat('Hi').then(String, ({ code, message }) => code + ': ' + message))
output.dataset.done = 'true'`
  const { url } = await serveFiles(dist, {
    '/page.html': `${HEAD}<body><script type="module">${script}</script>`,
  })
  const answers: (string | null)[] = []
  for (const cors of [true, false]) {
    const { url: model } = await serveModel('ollama', { key: false, cors })
    const tab = await openTab()
    await tab.page.goto(`${url}/page.html?api=${model}`)
    answers.push(await answerOf(tab))
  }
  expect(answers[0]).toBe(JOKE)
  expect(answers[1]).toMatch(/^connection_failed: .*blocked by CORS/)
  expect(answers[1]).toContain(`with ${url} in its OLLAMA_ORIGINS`)
})

test('a page loads the entries by an import map, and they share their classes', async () => {
  const { url: model } = await serveModel('zhipu', { cors: true })
  const script = `import { getChatModel, ZhipuLLM } from 'chatwire'
import { BaseChatModel } from 'chatwire/core'
import { ZhipuLLM as SameLLM } from 'chatwire/providers/zhipu'
import { simulate } from 'chatwire/testing'
if (!(new SameLLM({ model: 'glm-4.7' }) instanceof BaseChatModel)) throw new Error('two copies')
if (ZhipuLLM !== SameLLM || typeof simulate !== 'function') throw new Error('two copies')
${ASK}`
  const map = JSON.stringify({ imports: await importMap() })
  const { url, paths } = await serveFiles(project, {
    '/page.html': `${HEAD}<body><script type="importmap">${map}</script>
<script type="module">${script}</script>`,
  })
  const tab = await openTab()
  await tab.page.goto(`${url}/page.html?api=${model}`)
  expect(await answerOf(tab)).toBe(JOKE)
  expect(tab.problems).toEqual([])
  expect(paths.filter((asked) => asked.endsWith('cdn.min.js'))).toEqual([])
})

test('a page bundled by esbuild chats across origins', async () => {
  const { url: model, requests } = await serveModel('dashscope', { cors: true })
  const { outputFiles } = await build({
    entryPoints: [path.join(project, 'page.ts')],
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
    logLevel: 'silent',
  })
  const { url } = await serveFiles(project, {
    '/page.html': `${HEAD}<body><output></output><script type="module" src="page.js"></script>`,
    '/page.js': outputFiles[0]?.text ?? '',
  })
  const tab = await openTab()
  await tab.page.goto(`${url}/page.html?api=${model}&token=${KEY}`)
  expect(await answerOf(tab)).toBe(JOKE)
  expect(tab.problems).toEqual([])
  expect(requests.map(({ headers }) => headers.origin)).toEqual([url])
})

test('examples/vite-app, built and previewed by Vite, goes on with the conversation', async () => {
  const { url: model, requests } = await serveModel('openai')
  const { page, problems, requests: asked } = await openTab()
  await page.goto(await startViteApp(`${model}/v1`))
  for (const [prompt, turns] of [
    ['One', 1],
    ['Two', 3],
  ] as const) {
    await page.getByLabel('Your question').fill(prompt)
    await page.getByRole('button', { name: 'Ask' }).click()
    await page.getByText(new RegExp(`> ${prompt}\\s.*\\s\\(\\d+ tokens\\)`)).waitFor()
    expect(requests.at(-1)?.body.messages).toHaveLength(turns)
  }
  expect((await page.textContent('output'))?.split(JOKE)).toHaveLength(3)
  expect(problems).toEqual([])
  // Every request goes to the page's own origin, where the relay adds the key.
  expect(asked.filter((request) => !request.includes(page.url()))).toEqual([])
})

test('the button of examples/vite-app stops the model, and keeps the half answer', async () => {
  const { url: model, left, requests } = await serveModel('openai', { script: [STALLED, JOKE] })
  const { page, problems } = await openTab()
  await page.goto(await startViteApp(`${model}/v1`))
  await page.getByRole('button', { name: 'Ask' }).click()
  await page.getByText('Why do').waitFor()
  await page.getByRole('button', { name: 'Stop' }).click()
  await left
  await page.getByText('(stopped)').waitFor()
  await page.getByRole('button', { name: 'Ask' }).click()
  await page.getByText(JOKE).waitFor()
  const half = requests[1]?.body.messages[1]
  expect(half).toEqual({ role: 'assistant', content: expect.stringMatching(/^Why do/) as string })
  expect(JOKE.startsWith(half.content)).toBe(true)
  expect(problems).toEqual([])
})

/** Builds the example as its scripts do, and serves what came out. @returns its URL */
async function startViteApp(baseURL: string): Promise<string> {
  const root = path.join(project, 'vite-app')
  // vite.config.js reads them.
  vi.stubEnv('OPENAI_API_KEY', KEY)
  vi.stubEnv('OPENAI_BASE_URL', baseURL)
  onTestFinished(() => void vi.unstubAllEnvs())
  await run(process.execPath, [tool('vite/bin/vite.js'), 'build'], { cwd: root })
  const server = await preview({
    root,
    logLevel: 'silent',
    preview: { host: '127.0.0.1', port: 0 },
  })
  onTestFinished(() => server.close())
  return server.resolvedUrls?.local[0] ?? ''
}

/** Returns the page's output once the answer is complete. */
async function answerOf({ page, problems }: Tab): Promise<string | null> {
  const output = page.locator('output[data-done]')
  await output.waitFor({ state: 'attached' }).catch((cause: unknown) => {
    throw new Error(`The page gave no answer: ${problems.join('\n')}`, { cause })
  })
  expect(await output.getAttribute('data-done')).toBe('true')
  return output.textContent()
}

/** Where a browser finds each entry of the package and of its dependencies, as Node does. */
async function importMap(): Promise<Record<string, string>> {
  const manifest = JSON.parse(await readFile(path.join(dist, '../package.json'), 'utf8'))
  const entries = Object.keys(manifest.exports).map((entry) => path.posix.join('chatwire', entry))
  const names = [...entries, ...Object.keys(manifest.dependencies)]
  const program = `const names = ${JSON.stringify(names)}
console.log(JSON.stringify(Object.fromEntries(names.map((name) => [name, import.meta.resolve(name)]))))`
  const options = ['--input-type=module', '--eval', program]
  const { stdout } = await run(process.execPath, options, { cwd: project })
  return JSON.parse(stdout.replaceAll(`file://${project}`, ''))
}
