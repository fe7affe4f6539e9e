import { expect, test } from 'vitest'
import { sources } from './project.ts'

const files = sources()

/** Files of more than 400 lines that hold one idea all the same, and why. */
const LONG: Record<string, string> = {}

test('a file of more than 400 lines is split, or listed with the reason', () => {
  const long = [...files].filter(([, text]) => text.split('\n').length > 401).map(([file]) => file)
  expect(long).toEqual(Object.keys(LONG))
})

test('every file starts with a comment about its purpose', () => {
  expect([...files].filter(([, text]) => !text.startsWith('/**\n')).map(([file]) => file)).toEqual(
    [],
  )
})

test('no source contains a TODO', () => {
  expect(
    [...files].filter(([, text]) => /\b(TODO|FIXME|XXX)\b/.test(text)).map(([file]) => file),
  ).toEqual([])
})
