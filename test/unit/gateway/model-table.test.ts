import { expect, test } from 'vitest'
import { resolveModels } from '../../../src/gateway/model-table.ts'
import { saying } from '../helpers.ts'

test('a function of models is called once for all requests of Deno.serve, and once per environment', () => {
  let calls = 0
  const models = resolveModels(() => {
    calls++
    return { m: [saying(['a']), saying(['b'])] }
  }, undefined)
  const info = () => ({ remoteAddr: { hostname: '::1' }, completed: Promise.resolve() })
  // The list remembers which of its models keep failing.
  expect(models(info() as never).get('m')).toBe(models(info() as never).get('m'))
  expect(calls).toBe(1)
  const bindings = () => ({ incoming: {}, outgoing: {} }) // of Hono in Node
  expect(models(bindings() as never).get('m')).toBe(models(info() as never).get('m'))
  expect(calls).toBe(1)
  const env = {}
  expect(models(env as never)).toBe(models(env as never))
  expect(models({} as never)).not.toBe(models(env as never))
  expect(calls).toBe(3)
})
