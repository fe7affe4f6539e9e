import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { admitByBinding, createGateway } from 'chatwire/gateway'
import { simulate } from 'chatwire/testing'
import { expect, onTestFinished, test } from 'vitest'
import { run, tool } from '../package/run.ts'
import { bundle, startWorkerd } from '../runtimes/workerd.mjs'
import { startRedis } from './redis.ts'

test('Deno keeps answers in its Cache API and in its KV', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'chatwire-keep-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const file = path.join(folder, 'keep.mjs')
  await writeFile(file, await bundle('test/gateway/keep-in-deno.mjs'))
  const rights = ['run', '--quiet', '--no-config', '--no-lock', '--unstable-kv']
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, DENO_DIR: folder, NO_COLOR: '1' }
  const { stdout } = await run(tool('.bin/deno'), [...rights, file], { cwd: folder, env })
  expect(JSON.parse(stdout)).toEqual([
    { asked: 1, same: true },
    { asked: 1, same: true },
  ])
})

test('workerd keeps answers in Workers KV', async () => {
  const code = await bundle('test/gateway/cache-in-workerd.mjs')
  const { url, stop } = await startWorkerd({ code, env: {}, kv: 'REPLIES' })
  onTestFinished(stop)
  const ask = async (content: string) => {
    const body = JSON.stringify({ model: 'fast', messages: [{ role: 'user', content }] })
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body })
    return response.json()
  }
  expect(await ask('Hi')).toEqual(['first', 'miss', 1])
  await expect.poll(() => ask('Hi')).toEqual(['first', 'hit', 1])
  expect(await ask('Ho')).toEqual(['second', 'miss', 2])
})

test('admitByBinding() passes the caller to the binding', async () => {
  const keys: string[] = []
  const LIMITER = {
    limit: async ({ key }: { key: string }) => {
      keys.push(key)
      return { success: keys.length < 2 }
    },
  }
  const gateway = createGateway({
    models: {
      fast: { modelServer: 'openai', model: 'gpt-4o', apiKey: 'sk-1', fetch: simulate('openai') },
    },
    authorize: () => 'anna',
    admit: admitByBinding((env: { LIMITER: typeof LIMITER }) => env.LIMITER),
  })
  const statuses = []
  for (let time = 0; time < 2; time++) {
    const request = new Request('http://x.example/v1/chat/completions', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'fast', messages: [{ role: 'user', content: 'Hi' }] }),
    })
    statuses.push((await gateway(request, { LIMITER })).status)
  }
  expect([statuses, keys]).toEqual([
    [200, 429],
    ['anna', 'anna'],
  ])
})

test('Redis keeps answers, by the cache of the guide', async () => {
  const redis = await startRedis()
  onTestFinished(redis.stop)
  const simulator = simulate('openai', 'Hi')
  const gateway = createGateway({
    models: { fast: { modelServer: 'openai', model: 'gpt-4o', apiKey: 'sk-1', fetch: simulator } },
    authorize: 'public',
    cache: {
      get: async (key) => (await redis.send(['GET', key])) as string | null,
      set: (key, text) => redis.send(['SET', key, text, 'EX', '3600']),
    },
  })
  const ask = async () => {
    const request = new Request('http://x.example/v1/chat/completions', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'fast', messages: [{ role: 'user', content: 'Hi' }] }),
    })
    const response = await gateway(request)
    const { choices } = await response.json()
    return [response.headers.get('x-chatwire-cache'), choices[0].message.content]
  }
  expect(await ask()).toEqual(['miss', 'Hi'])
  await expect.poll(async () => ((await redis.send(['KEYS', '*'])) as string[]).length).toBe(1)
  expect(await ask()).toEqual(['hit', 'Hi'])
  expect(simulator.requests).toHaveLength(1)
})
