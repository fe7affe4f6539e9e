/** Values of events that are read as bytes. */
import { expect, test } from 'vitest'
import { readBytes } from '../../../src/http/byte-template.ts'
import type { ByteSlot } from '../../../src/http/byte-template.ts'

const encoder = new TextEncoder()
const TEXT = slot('data: {"text":"')
const AFTER = encoder.encode('"}\n\n')

function slot(before: string, isText = true): ByteSlot {
  return { before, bytes: encoder.encode(before), isText }
}

function read(event: string | Uint8Array, at = 0): [end: number, values: unknown[]] {
  const values: unknown[] = []
  const chunk = typeof event === 'string' ? encoder.encode(event) : event
  return [readBytes([TEXT], AFTER, chunk, at, values), values]
}

test.each([
  '',
  'a',
  ' word',
  'eight ch',
  'nine char',
  'sixteen letters.',
  'seventeen letters',
  'a text that is longer than what is put together',
  'ä',
  '你好',
  '\u{1F600} and more',
  '\uFEFFmark',
  '\x7F',
])('reads %j', (text) => {
  const event = `data: {"text":"${text}"}\n\n`
  const { length } = encoder.encode(event)
  expect(read(event)).toEqual([length, [text]])
  // The text of one event is read at most to its end.
  expect(read(`${event}data: {"text":"next"}\n\n`)).toEqual([length, [text]])
  expect(read(event + event, length)).toEqual([2 * length, [text]])
})

test.each([
  ['a wrong escape', 'data: {"text":"a\\x"}\n\n'],
  ['an escaped tab that is one', 'data: {"text":"a\\\t"}\n\n'],
  ['an escape of more than ASCII', 'data: {"text":"\\ä"}\n\n'],
  ['a cut escape', 'data: {"text":"a\\'],
  ['a control character', 'data: {"text":"a\t"}\n\n'],
  ['another start', 'data: {"test":"a"}\n\n'],
  ['another end', 'data: {"text":"a"} \n\n'],
  ['a cut start', 'data: {"te'],
  ['a cut text', 'data: {"text":"a'],
  ['a cut end', 'data: {"text":"a"}\n'],
  ['nothing', ''],
])('leaves %s to the parser', (_, event) => {
  expect(read(event)[0]).toBe(-1)
})

test.each([
  ['\\n', '\n'],
  ['.\\n\\n', '.\n\n'],
  ['\\"', '"'],
  ['a\\"}', 'a"}'],
  ['\\\\', '\\'],
  ['\\u4f60', '你'],
  ['你\\t好', '你\t好'],
  ['\\ud83d\\ude00', '\u{1F600}'],
])('reads the escapes of %s', (source, text) => {
  const event = `data: {"text":"${source}"}\n\n`
  expect(read(event)).toEqual([encoder.encode(event).length, [text]])
})

const WORD = 'data: {"text":" word"}\n\n'

test.each([
  ['seventeen letters', 'seventeen letters'],
  ['你好', '你好'],
  ['\\u4f60\\u597d\\u4f60', '你好你'],
])('leaves %s to the decoder of a long chunk', (source, text) => {
  const event = `data: {"text":"${source}"}\n\n`
  expect(read(event + WORD)[1]).toEqual([text])
  expect(read(event + WORD.repeat(10))[0]).toBe(-1)
  expect(read(WORD.repeat(10) + event, WORD.length * 9)).toEqual([WORD.length * 10, [' word']])
})

test('replaces broken characters as a decoder of the entire event does', () => {
  const [head, tail] = ['data: {"text":"', '"}\n\n'].map((text) => [...encoder.encode(text)])
  const event = Uint8Array.from([...head!, 0xe4, 0xb8, 0x41, 0xff, ...tail!])
  const whole = new TextDecoder().decode(event)
  expect(read(event)).toEqual([event.length, [JSON.parse(whole.slice(6)).text]])
})

test('skips what is not read, and leaves numbers to the parser', () => {
  const values: unknown[] = []
  const event = encoder.encode('data: {"text":"hidden","more":"read"}\n\n')
  const slots = [{ ...TEXT, isUnread: true }, slot('","more":"')]
  expect(readBytes(slots, AFTER, event, 0, values)).toBe(event.length)
  expect(values).toEqual([undefined, 'read'])
  const wrong = encoder.encode('data: {"text":"\\x","more":"read"}\n\n')
  expect(readBytes(slots, AFTER, wrong, 0, values)).toBe(-1)
  const count = encoder.encode('data: {"text":"a","n":1"}\n\n')
  expect(readBytes([TEXT, slot('","n":', false)], AFTER, count, 0, values)).toBe(-1)
})
