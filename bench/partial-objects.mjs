// What a streamed object costs: every partial of a growing list is delivered, and looked at.
// Run it: npm run build && node bench/partial-objects.mjs
// The time of the processor, garbage collection included, whatever else the machine does meanwhile.
// 16 times the length must cost at most 1.5 times as much for each chunk, and below 60 µs.
import process from 'node:process'
import { BaseChatModel, chatObject } from '../dist/index.js'

const SIZES = [500, 2_000, 8_000]
/** So many characters come in each chunk, about what models send. */
const CHUNK = 4
const ROUNDS = 3
/** The baseline is stopped here: it would take minutes. */
const MOST_NAIVE = 2_000

class Scripted extends BaseChatModel {
  pieces = []
  async *_chatStream() {
    yield* this.pieces
  }
}

const schema = {
  type: 'object',
  properties: { items: { type: 'array', items: { type: 'object' } } },
  required: ['items'],
}
const llm = new Scripted({ model: 'scripted', totalTimeout: false })

const textOf = (size) => {
  const items = Array.from({ length: size }, (_, id) => ({
    id,
    name: `Item "${id}" of ${size}`,
    price: id / 8,
    tags: ['new', null, true],
  }))
  return JSON.stringify({ items })
}
const cut = (text) => text.match(new RegExp(`[^]{1,${CHUNK}}`, 'g'))

/** Microseconds. */
function since(began) {
  const { user, system } = process.cpuUsage(began)
  return user + system
}

async function measure(size) {
  llm.pieces = cut(textOf(size))
  const stream = chatObject(llm, { prompt: 'List them', schema, stream: true })
  let partials = 0
  let seen = 0
  const began = process.cpuUsage()
  for await (const partial of stream) {
    partials++
    seen = Math.max(seen, partial.items?.length ?? 0)
  }
  const took = since(began)
  const { object } = await stream.result()
  if (object.items.length !== size || seen !== size) throw new Error('The object is not whole')
  return { chunks: llm.pieces.length, partials, perChunk: took / llm.pieces.length }
}

/** As others do it: what has come so far is closed and parsed anew, for each chunk. */
function measureNaive(size) {
  const pieces = cut(textOf(size))
  let text = ''
  const began = process.cpuUsage()
  for (const piece of pieces) {
    text += piece
    parseUnfinished(text)
  }
  return since(began) / pieces.length
}

function parseUnfinished(text) {
  const open = []
  let isText = false
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (isText) {
      if (character === '\\') at++
      else if (character === '"') isText = false
    } else if (character === '"') isText = true
    else if (character === '{' || character === '[') open.push(character === '{' ? '}' : ']')
    else if (character === '}' || character === ']') open.pop()
  }
  const end = (isText ? '"' : '') + open.toReversed().join('')
  try {
    return JSON.parse(text + end)
  } catch {
    return undefined // in the middle of a member: the next chunk may do
  }
}

await measure(SIZES[1]) // warms up
const rows = []
for (const size of SIZES) {
  const runs = []
  for (let round = 0; round < ROUNDS; round++) runs.push(await measure(size))
  const best = runs.reduce((one, other) => (other.perChunk < one.perChunk ? other : one))
  rows.push({ items: size, ...best, naive: size <= MOST_NAIVE ? measureNaive(size) : undefined })
}
console.log(' items   chunks  partials  µs/chunk  ratio  naive µs/chunk')
for (const { items, chunks, partials, perChunk, naive } of rows) {
  const cells = [
    [items, 6],
    [chunks, 8],
    [partials, 9],
    [perChunk.toFixed(1), 9],
    [(perChunk / rows[0].perChunk).toFixed(2), 6],
    [naive === undefined ? '-' : naive.toFixed(0), 15],
  ]
  console.log(cells.map(([cell, width]) => String(cell).padStart(width)).join(' '))
}
const last = rows.at(-1)
const isMet = last.perChunk < 60 && last.perChunk <= 1.5 * rows[0].perChunk
console.log(isMet ? 'Linear, and below 60 µs' : 'NOT linear, or not below 60 µs')
if (!isMet) process.exitCode = 1
