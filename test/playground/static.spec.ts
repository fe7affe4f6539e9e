import { readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { OUT } from '../../examples/playground/build.mjs'
import { answered, open, pick, send, useStage } from './page.ts'

const stage = useStage()

/** A host of files below a path, and nothing else. */
const host = createServer((request, response) => {
  const name = /^\/some\/place\/([\w.-]*)$/.exec(request.url ?? '')?.[1]
  const type = name?.endsWith('.js') ? 'text/javascript' : name?.endsWith('.css') ? 'text/css' : ''
  const ending = name?.endsWith('.svg') ? 'image/svg+xml' : 'text/html'
  readFile(new URL(name || 'index.html', OUT)).then(
    (file) =>
      response
        .writeHead(name === undefined ? 404 : 200, { 'content-type': type || ending })
        .end(file),
    () => response.writeHead(404).end(),
  )
})

/** A local model server, as Ollama's OpenAI format is. */
const local = createServer((request, response) => {
  const headers = {
    'access-control-allow-origin': '*',
    'access-control-allow-headers': '*',
    'content-type': 'text/event-stream',
  }
  response.writeHead(200, headers)
  const chunk = { choices: [{ index: 0, delta: { content: 'From here' }, finish_reason: 'stop' }] }
  response.end(`data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`)
})

beforeAll(async () => {
  for (const server of [host, local]) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  }
})
afterAll(() => {
  host.close()
  local.close()
})

const portOf = (server: typeof host) => (server.address() as AddressInfo).port

test('the static build works at any path of any host, with models simulated in the page', async () => {
  const { page } = stage
  const asked: string[] = []
  page.on('request', (request) => asked.push(request.method()))
  await open(page, `http://127.0.0.1:${portOf(host)}/some/place/`)
  await page.getByText('Pick another model to talk to a real one.').waitFor()
  for (const vendor of ['dashscope', 'zhipu', 'openai', 'anthropic']) {
    await pick(page, `simulated:${vendor}`)
    await send(page, 'What is 6 * 7?')
    const answer = await answered(page)
    expect(await answer.locator('.prose').textContent()).toContain('6 * 7 = 42')
  }
  expect(asked).not.toContain('POST')
})

test('the static build asks a local server by its URL', async () => {
  const { page } = stage
  await open(page, `http://127.0.0.1:${portOf(host)}/some/place/`)
  await pick(page, 'local:vllm-server')
  await page.locator('.model-button').click()
  await page.getByLabel('Address').fill(`http://127.0.0.1:${portOf(local)}/v1`)
  await page.keyboard.press('Escape')
  await send(page, 'Where are you?')
  const answer = await answered(page)
  expect(await answer.locator('.prose').textContent()).toBe('From here\n')
})

test('offers the browser’s own model, and says so where there is none', async () => {
  const { page } = stage
  await page.locator('.model-button').click()
  await page.getByLabel('Where').selectOption('browser')
  const note = page.getByText(/says nothing of a model of its own|Nothing leaves this computer/)
  expect(await note.count()).toBe(1)
})
