/**
 * Each client before each simulated vendor, through the gateway in Node. `npm run test:clients` installs them first.
 * `CLIENTS=write` writes `results.json` and the table of the guide; otherwise both are checked.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ALL_VENDORS, PLACES, TOKEN } from '../gateway/places.ts'
import { CLIENTS, Forecast } from './clients.mjs'
import { fillTable, formatClientTable, readTable } from './table.mjs'

const CALLS = ['Oslo', 'Rome'].map((city) => ({ name: 'weather', arguments: { city } }))
const FORECAST = { city: 'Oslo', degrees: 3 }
const DONE = 'Both are fine'
const file = new URL('results.json', import.meta.url)

/** By client and feature: the vendors before which it passed. */
const passed = {}
const record = (client, feature, vendor) => ((passed[client] ??= {})[feature] ??= []).push(vendor)

let place
beforeAll(async () => {
  place = await PLACES.node()
})
afterAll(() => place.close())

describe.each(Object.entries(CLIENTS))('%s', (title, client) => {
  const given = (model, stream, weather) => {
    return { model, stream, weather, url: `${place.url}/v1`, apiKey: TOKEN }
  }

  const { tools, object } = client
  for (const stream of [false, true]) {
    const feature = (name) => (stream ? `${name}, streamed` : name)
    test.each(tools ? ALL_VENDORS : [])(`${feature('tools')}: %s`, async (model) => {
      /** @type {string[]} */
      const cities = []
      const simulator = place.vendors[model]
      simulator.use([
        { reasoning: 'Two cities', text: 'Let me see.', toolCalls: CALLS },
        client.reply ?? DONE,
      ])
      const name = model === 'openai' && client.thinks ? 'thinker' : model
      const before = simulator.requests.length
      const answer = await tools(
        given(name, stream, (city) => {
          cities.push(city)
          return `${city} is fine`
        }),
      )
      expect(String(answer)).toContain(DONE)
      expect(cities.toSorted()).toEqual(['Oslo', 'Rome'])
      expect(JSON.stringify(simulator.requests.at(-1).body)).toContain('Rome is fine')
      // In the second turn Claude may not think without the signature, which most clients drop.
      if (client.thinks) {
        const [first] = simulator.requests.slice(before)
        expect(JSON.stringify(first.body)).toMatch(/think|reason/i)
      }
      record(title, feature('tools'), model)
    })

    const answers = object && (!stream || client.streamsObject !== false)
    test.each(answers ? ALL_VENDORS : [])(`${feature('object')}: %s`, async (model) => {
      const simulator = place.vendors[model]
      const isWrapped = client.objectReply === 'wrapped'
      const text = JSON.stringify(isWrapped ? { forecast: FORECAST } : FORECAST)
      const offered = ({ body }) => /"(name)":"(forecast|extract)"/.exec(JSON.stringify(body))?.[2]
      simulator.use(
        client.objectReply === 'tool'
          ? (request) => ({ toolCalls: [{ name: offered(request), arguments: FORECAST }] })
          : text,
      )
      const answer = await object(given(model, stream, () => ''))
      expect(Forecast.parse({ ...answer })).toEqual(FORECAST)
      record(title, feature('object'), model)
    })
  }
})

const guide = new URL('../../docs/guides/gateway.md', import.meta.url)

test('the table of clients is up to date', () => {
  const { dependencies } = JSON.parse(
    readFileSync(new URL('package.json', import.meta.url), 'utf8'),
  )
  const page = readFileSync(guide, 'utf8')
  const filled = fillTable(page, formatClientTable(passed, CLIENTS, dependencies))
  if (process.env.CLIENTS === 'write') {
    writeFileSync(file, `${JSON.stringify(passed, null, 2)}\n`)
    writeFileSync(guide, filled)
  }
  expect(passed).toEqual(JSON.parse(readFileSync(file, 'utf8')))
  expect(readTable(readFileSync(guide, 'utf8'))).toEqual(readTable(filled))
})
