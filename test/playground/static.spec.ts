import { readFile } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { simulate } from 'chatwire/testing'
import { toListener } from '../../examples/node-server/listener.mjs'
import { OUT } from '../../examples/playground/build.mjs'
import { ask, expect, inSettings, open, pick, test } from './stage.ts'

const TYPES: Record<string, string> = {
  js: 'text/javascript',
  css: 'text/css',
  svg: 'image/svg+xml',
  json: 'application/json',
}

/** A host of files below a path, and nothing else. */
const files: RequestListener = (request, response) => {
  const name = /^\/some\/place\/([\w.-]*)$/.exec(request.url ?? '')?.[1]
  const type = TYPES[name?.split('.').at(-1) ?? ''] ?? 'text/html'
  const found = name === undefined ? Promise.reject(new Error(request.url)) : read(name)
  found.then(
    (file) => response.writeHead(200, { 'content-type': type }).end(file),
    () => response.writeHead(404).end(),
  )
}

const read = (name: string) => readFile(new URL(name || 'index.html', OUT))

test('works at any path of any host, with models simulated in the page', async ({
  page,
  serve,
}) => {
  const host = await serve(files)
  const asked: string[] = []
  page.on('request', (request) => asked.push(request.method()))
  await open(page, `${host}/some/place/`)
  await expect(page.getByText('Choose another model to talk to a real one.')).toBeVisible()
  // Three that share least: data lines, named events, JSON lines.
  for (const vendor of ['dashscope', 'anthropic', 'ollama']) {
    await pick(page, `simulated:${vendor}`)
    const answer = await ask(page, 'What is 6 * 7?')
    await expect(answer.locator('.prose')).toContainText('6 * 7 = 42')
  }
  expect(asked).not.toContain('POST')
})

test('asks a server on this computer by its URL', async ({ page, serve }) => {
  const model = simulate('openai', 'From here', { key: false, cors: true })
  await page.route('http://localhost:*/**', (route) => route.fulfill({ json: { data: [] } }))
  const host = await serve(files)
  const local = await serve(toListener(model.handler))
  await open(page, `${host}/some/place/`)
  await pick(page, 'local:vllm-server')
  await inSettings(page, (panel) => panel.getByLabel('Address').fill(`${local}/v1`))
  const answer = await ask(page, 'Where are you?')
  await expect(answer.locator('.prose')).toHaveText('From here')
})
