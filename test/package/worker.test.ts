import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { ChatStream } from 'chatwire'
import { expect, inject, test } from 'vitest'
import { JOKE, KEY, serveModel } from './servers.ts'
import { bundle } from '../runtimes/workerd.mjs'
import { startWorker } from './workerd.ts'

const folder = path.join(inject('project'), 'worker-stream')

test('examples/worker-stream, bundled as wrangler does, streams in workerd', async () => {
  const { url: model, requests } = await serveModel('dashscope')
  const ask = await startExample(model)
  const response = await ask('token')
  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/)
  // What the page on the other side does.
  const result = await ChatStream.from(response).result()
  expect(result).toMatchObject({ text: JOKE, finishReason: 'stop', provider: 'dashscope' })
  expect(requests).toHaveLength(1)
})

test('examples/worker-stream asks no model for strangers', async () => {
  const { url: model, requests } = await serveModel('dashscope')
  const ask = await startExample(model)
  const refused = await ask('guessed')
  expect([refused.status, await refused.text()]).toEqual([401, 'Missing or invalid API key'])
  expect(requests).toEqual([])
})

test('examples/worker-stream lets the model go when the caller leaves', async () => {
  // workerd (1.20261023.1) reliably notices a disconnected client only when it writes: the model must not be silent.
  const script = { text: 'more '.repeat(500), chunkSize: 5, delayMs: 100 }
  const { url: model, left } = await serveModel('dashscope', { script })
  const ask = await startExample(model)
  const reader = (await ask('token')).body?.getReader()
  expect((await reader?.read())?.done).toBe(false)
  await reader?.cancel()
  await left
})

async function startExample(model: string): Promise<(token: string) => Promise<Response>> {
  const settings = JSON.parse(await readFile(path.join(folder, 'wrangler.json'), 'utf8'))
  const url = await startWorker({
    code: await bundle(path.join(folder, settings.main)),
    compatibilityDate: settings.compatibility_date,
    env: { APP_TOKEN: 'token', DASHSCOPE_API_KEY: KEY, DASHSCOPE_HTTP_BASE_URL: model },
  })
  return (token) =>
    fetch(url, { method: 'POST', body: 'Hi', headers: { authorization: `Bearer ${token}` } })
}
