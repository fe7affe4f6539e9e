import { afterEach, describe, expect, test, vi } from 'vitest'
import { ServiceError } from '../../src/errors.ts'
import type { KeyRequest } from '../../src/api-key.ts'
import { isForeignOrigin, isOwnOrigin, readEnv } from '../../src/env.ts'
import { resolveKey } from '../../src/api-key.ts'
import { failure } from './helpers.ts'

const key = (config: Record<string, unknown> = {}, members: Partial<KeyRequest> = {}) =>
  resolveKey({
    config: { model: 'm', ...config },
    provider: 'acme',
    variables: ['ACME_API_KEY', 'ACME_KEY'],
    url: 'https://api.acme.example/v1',
    required: true,
    ...members,
  })

afterEach(() => {
  vi.unstubAllEnvs()
  vi.unstubAllGlobals()
})

describe('resolveKey()', () => {
  test('prefers the option to env, and env to the process', async () => {
    vi.stubEnv('ACME_API_KEY', 'from-process')
    expect(await key()).toBe('from-process')
    expect(await key({ env: { ACME_API_KEY: 'from-env' } })).toBe('from-env')
    expect(await key({ env: { ACME_KEY: 'second' } })).toBe('from-process')
    expect(await key({ apiKey: 'from-option', env: { ACME_API_KEY: 'from-env' } })).toBe(
      'from-option',
    )
  })

  test('takes the variables in their order', async () => {
    expect(await key({ env: { ACME_KEY: 'b', ACME_API_KEY: 'a' } })).toBe('a')
    expect(await key({ env: { ACME_KEY: 'b' } })).toBe('b')
  })

  test('asks a function at every request, sync or async', async () => {
    let asked = 0
    const apiKey = () => `key-${++asked}`
    expect([
      await key({ apiKey }),
      await key({ apiKey }),
      await key({ apiKey: async () => apiKey() }),
    ]).toEqual(['key-1', 'key-2', 'key-3'])
  })

  test('names the function that fails, and lets errors of this package through', async () => {
    const cause = new Error('vault is closed')
    expect(await failure(() => key({ apiKey: () => Promise.reject(cause) }))).toMatchObject({
      code: 'missing_api_key',
      message: 'config.apiKey failed: vault is closed',
      cause,
    })
    const own = new ServiceError('overloaded', 'The vault is busy')
    expect(await failure(() => key({ apiKey: () => Promise.reject(own) }))).toBe(own)
  })

  test.each([
    ['nothing', {}],
    ['an empty text', { apiKey: ' ' }],
    ['a binding that is not a string', { env: { ACME_API_KEY: { get() {} } } }],
  ])('names the variable where there is %s', async (_what, config) => {
    const error = await failure(() => key(config))
    expect(error).toMatchObject({
      name: 'ConfigError',
      code: 'missing_api_key',
      provider: 'acme',
      retryable: false,
    })
    expect(error.message).toMatch(/"acme".*`apiKey`.*ACME_API_KEY/)
  })

  test.each([5, null, { key: 'sk-secret' }])('refuses %j that a function gives', async (given) => {
    const error = await failure(() => key({ apiKey: () => given }))
    expect(error).toMatchObject({ code: 'invalid_config', provider: 'acme' })
    expect(error.message).not.toContain('sk-secret')
  })

  test('does without where the server needs none', async () => {
    expect(await key({}, { required: false })).toBeUndefined()
  })

  test('takes away the space around a key', async () => {
    expect(await key({ apiKey: ' sk-1\n' })).toBe('sk-1')
    expect(await key({ env: { ACME_API_KEY: 'sk-2\r\n' } })).toBe('sk-2')
  })

  test.each(['sk-sec\nret', 'sk-sec ret', 'sk-secrét', 'sk-sec\0ret', '«sk-secret»'])(
    'refuses %j without showing it',
    async (apiKey) => {
      const error = await failure(() => key({ apiKey }))
      expect(error).toMatchObject({ code: 'invalid_config' })
      expect(error.message + JSON.stringify(error)).not.toContain('sk-sec')
    },
  )

  test('reads Deno where there is no process, and takes a refusal as unset', async () => {
    vi.stubGlobal('process', undefined)
    vi.stubGlobal('Deno', {
      env: { get: (name: string) => (name === 'ACME_KEY' ? 'from-deno' : undefined) },
    })
    expect(await key()).toBe('from-deno')
    vi.stubGlobal('Deno', {
      env: {
        get: () => {
          throw new Error('NotCapable')
        },
      },
    })
    expect(await failure(() => key())).toMatchObject({ code: 'missing_api_key' })
    vi.stubGlobal('Deno', undefined)
    expect(await failure(() => key())).toMatchObject({ code: 'missing_api_key' })
  })
})

test('asks Deno, and does not make it load its layer for Node', () => {
  const get = vi.fn(() => 'from-deno')
  vi.stubGlobal('Deno', { env: { get } })
  const { process } = globalThis
  const look = vi.fn(() => process)
  Object.defineProperty(globalThis, 'process', { get: look, configurable: true })
  try {
    expect(readEnv(['ACME_KEY'])).toBe('from-deno')
    expect(look).not.toHaveBeenCalled()
  } finally {
    Object.defineProperty(globalThis, 'process', {
      value: process,
      configurable: true,
      writable: true,
    })
    vi.stubGlobal('Deno', undefined)
  }
})

describe('in a page', () => {
  const page = (href = 'https://app.example/chat') => {
    vi.stubGlobal('window', globalThis)
    vi.stubGlobal('document', {})
    vi.stubGlobal('location', { href, origin: new URL(href).origin })
  }
  const own = { url: 'https://app.example/relay/acme' }

  test('a long-lived key is refused for another origin, with the ways out', async () => {
    page()
    for (const config of [{ apiKey: 'sk-1' }, { env: { ACME_API_KEY: 'sk-1' } }]) {
      const error = await failure(() => key(config))
      expect(error).toMatchObject({ name: 'ConfigError', code: 'browser_key' })
      expect(error.message).toMatch(/createRelay.*dangerouslyAllowBrowser/)
      expect(error.message).not.toContain('sk-1')
    }
  })

  test.each([
    ['the own origin', { apiKey: 'sk-1' }, own],
    ['a relative address of the own origin', { apiKey: 'sk-1' }, { url: '/relay/acme' }],
    ['a key that a function fetches', { apiKey: () => 'sk-1' }, {}],
    ['a temporary key', { apiKey: 'sk-1' }, { temporaryPrefix: 'sk-' }],
    ['someone who says so', { apiKey: 'sk-1', dangerouslyAllowBrowser: true }, {}],
  ])('a key is allowed for %s', async (_what, config, members) => {
    page()
    expect(await key(config, members)).toBe('sk-1')
  })

  test.each([
    'https://app.example.evil.example/',
    'http://app.example/',
    'https://app.example:8443/',
    '//evil.example/x',
  ])('%s is another origin', (url) => {
    page()
    expect(isOwnOrigin(url)).toBe(false)
    expect(isForeignOrigin(url)).toBe(true)
  })

  test('a worker of it, and a server, are no page', async () => {
    expect(isOwnOrigin(own.url)).toBe(false)
    expect(isForeignOrigin(own.url)).toBe(false)
    expect(await key({ apiKey: 'sk-1' })).toBe('sk-1')
    vi.stubGlobal('location', { href: 'https://app.example/w.js', origin: 'https://app.example' })
    expect(await key({ apiKey: 'sk-1' })).toBe('sk-1')
  })
})

test('readEnv() takes empty variables as unset, and objects as none', () => {
  expect(readEnv(['A', 'B'], { A: ' ', B: ' b ' })).toBe('b')
  expect(readEnv(['A'], { A: 5 })).toBeUndefined()
})
