/**
 * Resumable replies on the real engines: Redis, Deno KV, and Durable Objects and KV bindings in workerd.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { repliesInMemory, repliesInRedis } from 'chatwire/server'
import { expect, onTestFinished, test } from 'vitest'
import { run, tool } from '../package/run.ts'
import { bundle, startWorkerd } from '../runtimes/workerd.mjs'
import { checkReplyStore } from './check-reply-store.mjs'
import { startRedis } from './redis.ts'

const SEEN = { events: expect.any(Number) }

test('in memory', async () => {
  expect(await checkReplyStore(repliesInMemory())).toEqual(SEEN)
})

test('in Redis, where they expire', async () => {
  const { send, stop } = await startRedis()
  onTestFinished(stop)
  expect(await checkReplyStore(repliesInRedis(send))).toEqual(SEEN)
  const keys = (await send(['KEYS', '*'])) as string[]
  expect(keys.length).toBeGreaterThan(3)
  for (const key of keys) expect(await send(['PTTL', key])).toBeGreaterThan(1000)
})

test('in Deno KV', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'chatwire-replies-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const file = path.join(folder, 'replies.mjs')
  await writeFile(file, await bundle('test/gateway/replies-in-deno.mjs'))
  const rights = ['run', '--quiet', '--no-config', '--no-lock', '--unstable-kv']
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, DENO_DIR: folder, NO_COLOR: '1' }
  const { stdout } = await run(tool('.bin/deno'), [...rights, file], { cwd: folder, env })
  expect(JSON.parse(stdout)).toEqual(SEEN)
})

test.each(['/objects', '/kv'])('in a Worker, at %s', async (where) => {
  const code = await bundle('test/gateway/replies-in-workerd.mjs')
  const { url, stop } = await startWorkerd({
    code,
    env: {},
    objects: { REPLIES: 'ReplyObject' },
    kv: 'KV',
  })
  onTestFinished(stop)
  const response = await fetch(url + where)
  expect(await response.text()).toMatch(/^{"events":\d+}$/)
})
