import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { join, Seam } from '../../../src/failover/seam.ts'
import { cutText } from '../helpers.ts'

interface Joined {
  text: string
  restarts: boolean
}

/** Returns what a page shows that gets the continuation in these pieces. */
function show(kept: string, pieces: readonly string[]): Joined {
  const seam = new Seam(kept)
  let text = kept
  let restarts = false
  for (const shown of [...pieces.map((piece) => seam.push(piece)), seam.end()]) {
    if (shown.restarts) {
      restarts = true
      text = ''
    }
    text += shown.text
  }
  return { text, restarts }
}

const WHOLE = 'The tower was built in 1889 for the fair and stands today.'

const JOINED: [name: string, kept: string, next: string, joined: string][] = [
  [
    'goes on',
    'The tower was built in ',
    '1889 for the fair.',
    'The tower was built in 1889 for the fair.',
  ],
  ['begins again', 'The tower was built in ', WHOLE, WHOLE],
  ['begins again, cut in a word', 'The tower was bu', WHOLE, WHOLE],
  ['begins again, first word only', 'Th', WHOLE, WHOLE],
  ['begins again after blanks', 'The tower was built in ', `\n\n${WHOLE}`, WHOLE],
  [
    'begins again, blanks differ',
    'The tower\nwas built in ',
    WHOLE,
    'The tower\nwas built in 1889 for the fair and stands today.',
  ],
  [
    'repeats the last words',
    'The tower was built in ',
    'built in 1889 for the fair.',
    'The tower was built in 1889 for the fair.',
  ],
  [
    'repeats the last word',
    'The tower was built in ',
    'in 1889 for the fair.',
    'The tower was built in 1889 for the fair.',
  ],
  [
    'repeats, with a capital',
    'The tower was built in ',
    'Built in 1889.',
    'The tower was built in 1889.',
  ],
  [
    'repeats, the blank on its side',
    'The tower was built in',
    ' built in 1889.',
    'The tower was built in 1889.',
  ],
  [
    'repeats, no blank in the first',
    'The tower was built in',
    'built in 1889.',
    'The tower was built in 1889.',
  ],
  [
    'repeats the word that was cut',
    'The tower was buil',
    'built in 1889.',
    'The tower was built in 1889.',
  ],
  [
    'repeats the number that was cut',
    'It was built in 188',
    '1889 for the fair.',
    'It was built in 1889 for the fair.',
  ],
  [
    'repeats the last sentence',
    'It is tall. It was built in ',
    'It was built in 1889.',
    'It is tall. It was built in 1889.',
  ],
  [
    'repeats quotes of the other kind',
    'She said “yes, it’s ',
    '"yes, it\'s fine',
    'She said “yes, it’s fine',
  ],
  [
    'repeats in Chinese',
    '埃菲尔铁塔建于1889年，',
    '建于1889年，是为了',
    '埃菲尔铁塔建于1889年，是为了',
  ],
  ['repeats a Chinese word', '我们今天去公园', '公园里有很多人', '我们今天去公园里有很多人'],
  ['begins again in Chinese', '埃菲尔铁塔建', '埃菲尔铁塔建于1889年', '埃菲尔铁塔建于1889年'],
  ['goes on in Chinese with the same character', '我们今天', '天气很好', '我们今天天气很好'],
  [
    'repeats in Russian',
    'Башня была построена в ',
    'Была построена в 1889',
    'Башня была построена в 1889',
  ],
  ['repeats in Thai', 'หอคอยนี้สร้างขึ้น', 'สร้างขึ้นในปี', 'หอคอยนี้สร้างขึ้นในปี'],
  ['repeats words and an emoji', 'Great job 🎉 ', 'job 🎉 everyone', 'Great job 🎉 everyone'],
  ['repeats only, and ends', 'The tower stands today.', 'stands today.', 'The tower stands today.'],
  // What is no repetition stays as it is.
  ['repeats the word of which one letter was there', 'Hello w', 'world', 'Hello world'],
  ['repeats a word with digits', 'We use GPT4 ', 'GPT4 here', 'We use GPT4 here'],
  ['digits', 'It costs 1', '1 dollars', 'It costs 11 dollars'],
  ['same letter', 'I like a', 'n apple', 'I like an apple'],
  ['part of a word', 'It is in', 'credible', 'It is incredible'],
  ['the same syllable', 'co', 'coa', 'cocoa'.replace('coco', 'co')],
  ['list', '0, 0, 0, ', '0, 0, 0', '0, 0, 0, 0, 0, 0'],
  ['laughter', 'He said: ha ha ha ', 'ha ha', 'He said: ha ha ha ha ha'],
  ['closing tags', '<ul><li>a</li></ul>', '</ul>', '<ul><li>a</li></ul></ul>'],
  ['Ruby', 'def a\n  if b\n    c\n  end\n', 'end\n', 'def a\n  if b\n    c\n  end\nend\n'],
  ['code', '```js\na(b)\n', 'b(a)\n```', '```js\na(b)\nb(a)\n```'],
  ['emoji', 'Yes 🎉🎉', '🎉', 'Yes 🎉🎉🎉'],
  ['half an emoji alike', 'Yes 😀', '😁 ok', 'Yes 😀😁 ok'],
  [
    'verse',
    'It was the best of times, ',
    'it was the worst of times',
    'It was the best of times, it was the worst of times',
  ],
  ['table', '| a | 1 |\n', '| a | 2 |\n', '| a | 1 |\n| a | 2 |\n'],
  ['blanks', 'a', ' b', 'a b'],
  ['nothing', 'a b', '', 'a b'],
]

describe.each([
  ['in one piece', (text: string) => [text]],
  ['a character at a time', (text: string) => Array.from(text)],
  ['every unit', (text: string) => cutText(text)],
])('the continuation comes %s', (_how, pieces) => {
  test.each(JOINED)('%s', (_name, kept, next, joined) => {
    expect(show(kept, pieces(next))).toEqual({ text: joined, restarts: false })
  })

  test.each([
    ['The tower was built in 18', 'The tower was erected in 1889.'],
    ['The tower was', 'The tower is tall.'],
    ['Sure! Here is the list of all towers in Paris', 'Sure! Here is a list: the'],
    ['Yes, because it is', 'Yes, because'],
  ])('begins again in other words: %s', (kept, next) => {
    expect(show(kept, pieces(next))).toEqual({ text: next, restarts: true })
  })
})

const words = fc
  .array(
    fc.constantFrom(
      'the',
      'Tower',
      'was',
      'built',
      '1889',
      '天气',
      '好',
      'è',
      '🎉',
      'a',
      '\n',
      '- x',
    ),
    {
      maxLength: 60,
    },
  )
  .map((list) => list.join(' '))
const places = fc.array(fc.nat({ max: 400 }), { maxLength: 12 })

test('shows the same, however the continuation is cut', () => {
  const property = fc.property(words, words, places, (kept, next, at) => {
    expect(show(kept, cutText(next, at))).toEqual(show(kept, [next]))
  })
  fc.assert(property, { numRuns: 2000 })
})

test('never invents: what is shown ends as the continuation does', () => {
  const property = fc.property(words, words, (kept, next) => {
    const { text, restarts } = show(kept, [next])
    if (!restarts) expect(text.startsWith(kept)).toBe(true)
    expect(next.endsWith(restarts ? text : text.slice(kept.length))).toBe(true)
  })
  fc.assert(property, { numRuns: 2000 })
})

const UNIQUE = Array.from({ length: 300 }, (_, index) => `word${index}`).join(' ')

test('a text of different words is whole wherever it was cut, and wherever it goes on', () => {
  const property = fc.property(
    fc.nat({ max: UNIQUE.length }),
    fc.nat({ max: 40 }),
    places,
    (cut, back, at) => {
      const kept = UNIQUE.slice(0, cut)
      // Goes on at the cut, at the start, or at the start of one of the words before the cut.
      const start = back === 0 ? cut : back === 1 ? 0 : wordsBack(kept, back)
      expect(show(kept, cutText(UNIQUE.slice(start), at)).text).toBe(UNIQUE)
    },
  )
  fc.assert(property, { numRuns: 2000 })
})

function wordsBack(kept: string, count: number): number {
  const starts = [...kept.matchAll(/\bword/g)].map(({ index }) => index)
  return starts.at(-count) ?? 0
}

test('a continuation that is cut too adds what is new', () => {
  expect(join('The tower was built in ', 'The tower was')).toBe('The tower was built in ')
  expect(join('The tower was built in ', 'built in 18')).toBe('The tower was built in 18')
  expect(join('The tower was built in ', '1889')).toBe('The tower was built in 1889')
})
