/**
 * Virtual keys on the real engines: Redis, Deno KV, and Durable Objects and KV bindings in workerd.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { keysInMemory, keysInRedis } from 'chatwire/gateway'
import { expect, onTestFinished, test } from 'vitest'
import { run, tool } from '../package/run.ts'
import { bundle, startWorkerd } from '../runtimes/workerd.mjs'
import { checkKeyStore } from './check-key-store.mjs'
import { startRedis } from './redis.ts'

/** Of a budget of 400, at 60 units a reply; estimates reserve a little less. */
const SPENT = { answered: expect.any(Number), cost: expect.any(Number) }

test('in memory', async () => {
  expect(await checkKeyStore(keysInMemory())).toEqual(SPENT)
})

test('in Redis, also after a restart of the script cache', async () => {
  const { send, stop } = await startRedis()
  onTestFinished(stop)
  expect(await checkKeyStore(keysInRedis(send))).toEqual(SPENT)
  await send(['SCRIPT', 'FLUSH'])
  expect(await checkKeyStore(keysInRedis(send, { prefix: 'other' }))).toEqual(SPENT)
  expect(await send(['KEYS', '*'])).toEqual([])
})

test('in Deno KV', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'chatwire-keys-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const file = path.join(folder, 'keys.mjs')
  await writeFile(file, await bundle('test/gateway/keys-in-deno.mjs'))
  const rights = ['run', '--quiet', '--no-config', '--no-lock', '--unstable-kv']
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, DENO_DIR: folder, NO_COLOR: '1' }
  const { stdout } = await run(tool('.bin/deno'), [...rights, file], { cwd: folder, env })
  expect(JSON.parse(stdout)).toEqual(SPENT)
})

test('in Durable Objects, and in Workers KV with Durable Objects as counters', async () => {
  const code = await bundle('test/gateway/keys-in-workerd.mjs')
  const { url, stop } = await startWorkerd({
    code,
    env: {},
    objects: { KEYS: 'KeyObject' },
    kv: 'KV',
  })
  onTestFinished(stop)
  for (const path of ['/objects', '/kv']) {
    const response = await fetch(url + path)
    expect(await response.text()).toMatch(/^{"answered":\d+,"cost":\d+}$/)
  }
})
