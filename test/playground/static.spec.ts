import { readFile } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { simulate } from 'chatwire/testing'
import { toListener } from '../../examples/node-server/listener.mjs'
import { OUT } from '../../examples/playground/build.mjs'
import { SIMULATED } from '../../examples/playground/servers.mjs'
import { serve } from './serve.ts'
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

test('works at any path of any host, with models simulated in the page', async ({ page }) => {
  await using host = await serve(files)
  const asked: string[] = []
  page.on('request', (request) => asked.push(request.method()))
  await open(page, `${host.url}/some/place/`)
  await expect(page.getByText('Pick another model to talk to a real one.')).toBeVisible()
  for (const vendor of SIMULATED) {
    await pick(page, `simulated:${vendor}`)
    const answer = await ask(page, 'What is 6 * 7?')
    await expect(answer.locator('.prose')).toContainText('6 * 7 = 42')
  }
  expect(asked).not.toContain('POST')
})

for (const [place, vendor, path] of [
  ['local:vllm-server', 'openai', '/v1'],
  ['local:ollama', 'ollama', ''],
] as const) {
  test(`asks a ${place} by its URL`, async ({ page }) => {
    const model = simulate(vendor, 'From here', { key: false, cors: true })
    await using host = await serve(files)
    await using local = await serve(toListener(model.handler))
    await open(page, `${host.url}/some/place/`)
    await pick(page, place)
    await inSettings(page, (panel) => panel.getByLabel('Address').fill(local.url + path))
    const answer = await ask(page, 'Where are you?')
    await expect(answer.locator('.prose')).toHaveText('From here')
  })
}

test('offers the browser’s own model, and says so where there is none', async ({ page }) => {
  await inSettings(page, async (panel) => {
    await panel.getByLabel('Where').selectOption('browser')
    await expect(panel.getByText(/says nothing of a model of its own|Nothing leaves/)).toBeVisible()
  })
})
