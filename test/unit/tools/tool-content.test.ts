import { expect, test } from 'vitest'
import { toContent } from '../../../src/tools/tool-content.ts'

class Point {
  x = 1
}

test.each<[what: string, output: unknown, content: string]>([
  ['a text', 'Hi', 'Hi'],
  ['nothing', undefined, 'null'],
  ['an object of a class', new Point(), '{"x":1}'],
  ['a response', new Response('Hi'), 'Hi'],
  ['a failed response', new Response('No', { status: 404 }), 'HTTP 404: No'],
  ['a text file', new Blob(['a,b'], { type: 'text/csv' }), 'a,b'],
  ['a blob without a type', new Blob(['Hi']), 'Hi'],
  ['a picture', new Blob(['1234'], { type: 'image/png' }), '[image/png, 4 bytes]'],
  ['a map by texts', new Map([['a', new Set([1, 2])]]), '{"a":[1,2]}'],
  ['a map by others', new Map([[1, 2]]), '[[1,2]]'],
  [
    'an error inside',
    { error: new TypeError('No') },
    '{"error":{"name":"TypeError","message":"No"}}',
  ],
  ['a query', { query: new URLSearchParams({ a: '1' }) }, '{"query":"a=1"}'],
  ['a pattern', { pattern: /a+/g }, '{"pattern":"/a+/g"}'],
  ['headers', new Headers({ a: '1' }), '{"a":"1"}'],
  [
    'bytes',
    { buffer: new ArrayBuffer(3), view: new Uint8Array(2) },
    '{"buffer":"[3 bytes]","view":"[2 bytes]"}',
  ],
  ['numbers', new Float32Array([1, 2]), '[1,2]'],
  ['a response inside', [new Response('', { status: 201 })], '["[response with status 201]"]'],
  ['a blob inside', [new Blob(['12'])], '["[binary data, 2 bytes]"]'],
])('%s', async (_what, output, content) => {
  expect(await toContent(output)).toBe(content)
})

test('throws errors, streams and functions', () => {
  const error = new RangeError('No')
  expect(() => toContent(error)).toThrow(error)
  expect(() => toContent(new ReadableStream())).toThrow('it returned a stream')
  expect(() => toContent(() => 1)).toThrow('it returned a function')
})
