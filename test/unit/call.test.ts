import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { redact, redactError, secretsOf } from '../../src/redact.ts'
import { createCall } from '../../src/chat/create-call.ts'
import { ServiceError } from '../../src/errors.ts'
import { everythingOf } from './helpers.ts'

const KEY = 'sk-secret'

test('redact() replaces every secret that is long enough to be one', () => {
  expect(redact('a sk-secret, another sk-secret and ab', [KEY, 'ab'])).toBe(
    'a ***, another *** and ab',
  )
})

test('redactError() takes a key out of all texts of an error and of its causes', () => {
  const cause = new TypeError(`broke at ${KEY}`, { cause: new Error(KEY) })
  const error = new ServiceError('bad_request', `no ${KEY}`, {
    cause,
    requestId: KEY,
    vendorCode: KEY,
  })
  redactError(error, [KEY])
  expect(everythingOf(error)).not.toContain(KEY)
  expect(error).toMatchObject({ message: 'no ***', requestId: '***', vendorCode: '***', cause })
})

test('redactError() finds causes of another realm, as those of `fetch` are in Jest', () => {
  const cause = runInNewContext('new TypeError(text)', { text: `failed at ${KEY}` })
  redactError(new Error('no', { cause }), [KEY])
  expect(cause.message).toBe('failed at ***')
})

test('redactError() lives with causes that are frozen, or that cause themselves', () => {
  const own: Error & { cause?: unknown } = new Error(KEY)
  own.cause = own
  redactError(own, [KEY])
  expect(own.message).toBe('***')
  expect(() => redactError(new Error('a', { cause: Object.freeze(own) }), ['***x'])).not.toThrow()
  expect(() => redactError(Object.freeze(new Error(KEY)), [KEY])).not.toThrow()
})

test('createCall() knows keys that stand in headers', () => {
  const headers = { Authorization: `Bearer ${KEY}`, 'x-title': 'My app' }
  const { secrets } = createCall(
    {
      config: { model: 'm', headers },
      provider: 'acme',
      model: 'm',
      request: { messages: [], options: { headers: { 'api-key': 'another' } }, stream: true },
      rawPrompt: undefined,
    },
    new AbortController().signal,
  )
  expect(secrets).toEqual([KEY, 'another'])
})

test('secretsOf() knows long cookies by themselves, and no settings', () => {
  const cookie = 'theme=dark; session=s3ss10n-1d'
  expect(secretsOf({ cookie, accept: 'text/plain' })).toEqual([cookie, 's3ss10n-1d'])
  expect(secretsOf({ authorization: 'Bearer sk-1' })).toEqual(['sk-1'])
})
