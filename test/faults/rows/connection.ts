/**
 * The connection: refused, silent, broken before and after the headers and in the middle.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Fault } from '../fault.ts'
import { always, byMode, final, fine, once, said, twice } from '../fault.ts'

/** A closed loopback port, outside the range that systems assign automatically. */
export const REFUSED_PORT = 9

/** Timeouts of the rows in which one must expire, in milliseconds; the others have more time. */
const RESPONSE = { timeout: 1500 }
const IDLE = { idleTimeout: 1000 }
const TOTAL = { totalTimeout: 1500 }

const connect: Fault[] = [
  {
    name: 'refused',
    baseURL: ({ column }) => `http://127.0.0.1:${REFUSED_PORT}${column.path}`,
    perform() {},
    expected: always({ code: 'connection_failed', retryable: true, requests: 0, attempts: 2 }),
  },
  {
    name: 'no answer',
    settings: RESPONSE,
    perform() {},
    expected: always(twice('timeout', { which: 'response' })),
  },
  {
    name: 'no answer, then well',
    settings: RESPONSE,
    heals: true,
    perform() {},
    expected: always(fine({ requests: 2 })),
  },
  {
    name: 'reset before headers',
    perform: (to) => to.reset(),
    expected: always(twice('connection_failed')),
  },
  {
    name: 'closed before headers',
    perform: (to) => to.finish(),
    expected: always(twice('connection_failed')),
  },
  {
    name: 'reset before headers, then well',
    heals: true,
    perform: (to) => to.reset(),
    expected: always(fine({ requests: 2 })),
  },
  {
    name: 'half a status line',
    async perform(to) {
      await to.raw('HTTP/1.1 20')
      to.finish()
    },
    expected: always(twice('connection_failed')),
  },
  {
    name: 'another protocol',
    async perform(to) {
      await to.raw('SSH-2.0-OpenSSH_9.9\r\n')
      to.finish()
    },
    expected: always(twice('connection_failed')),
  },
]

const broken: Fault[] = [
  {
    name: 'reset after headers',
    async perform(to) {
      to.head()
      await pause(30)
      to.reset()
    },
    expected: always(twice('connection_lost')),
  },
  {
    name: 'reset after headers, then well',
    heals: true,
    async perform(to) {
      to.head()
      await pause(30)
      to.reset()
    },
    expected: always(fine({ requests: 2 })),
  },
  {
    name: 'closed after headers',
    async perform(to) {
      to.head()
      await pause(30)
      to.finish()
    },
    expected: always(twice('connection_lost')),
  },
  {
    name: 'reset in mid-text',
    async perform(to) {
      await to.say(2)
      to.reset()
    },
    expected: byMode(once('connection_lost', { text: said(2) }), twice('connection_lost')),
  },
  {
    name: 'closed in mid-text',
    async perform(to) {
      await to.say(2)
      to.finish()
    },
    expected: byMode(once('connection_lost', { text: said(2) }), twice('connection_lost')),
  },
  {
    name: 'closed inside a chunk',
    async perform(to) {
      await to.say(2)
      // Announced with 255 bytes, and ends after a few.
      await to.raw('ff\r\ndata: {"id"')
      to.finish()
    },
    expected: byMode(once('connection_lost', { text: said(2) }), twice('connection_lost')),
  },
  {
    name: 'garbage in the chunk framing',
    async perform(to) {
      await to.say(2)
      await to.raw('no number\r\n')
    },
    expected: byMode(once('connection_lost', { text: said(2) }), twice('connection_lost')),
  },
  {
    name: 'reset after the finish',
    mode: 'stream',
    async perform(to) {
      const rest = await to.say(4)
      await to.send(rest.filter((frame) => !frame.includes('[DONE]')).join(''))
      await pause(60)
      to.reset()
    },
    expected: always(fine()),
  },
]

const silent: Fault[] = [
  {
    name: 'stall before the first byte',
    settings: RESPONSE,
    perform: (to) => to.head(),
    expected: always(twice('timeout', { which: 'response' })),
  },
  {
    name: 'stall before the first token',
    settings: IDLE,
    async perform(to) {
      to.head()
      await to.send(to.stream ? ': hello\n\n' : '\n')
    },
    expected: always(twice('timeout', { which: 'idle' })),
  },
  {
    name: 'stall after the first token',
    settings: IDLE,
    async perform(to) {
      await to.say(1)
    },
    expected: byMode(
      once('timeout', { which: 'idle', text: said(1) }),
      twice('timeout', { which: 'idle' }),
    ),
  },
  {
    name: 'stall, then well',
    settings: IDLE,
    heals: true,
    async perform(to) {
      to.head()
      await to.send(to.stream ? ': hello\n\n' : '\n')
    },
    expected: always(fine({ requests: 2 })),
  },
  {
    name: 'stall after the finish',
    mode: 'stream',
    settings: TOTAL,
    async perform(to) {
      const rest = await to.say(4)
      await to.send(rest.filter((frame) => !frame.includes('[DONE]')).join(''))
    },
    expected: always(fine({ within: 15_000 })),
  },
  {
    name: 'keep-alives for ever',
    settings: TOTAL,
    async perform(to) {
      to.head()
      await to.flood(to.stream ? ': keep-alive\n\n' : '\n', 20)
    },
    expected: always(final('timeout', { which: 'total' })),
  },
  {
    name: 'keep-alives for ever, after text',
    mode: 'stream',
    settings: TOTAL,
    async perform(to) {
      await to.say(2)
      await to.flood(': keep-alive\n\n', 20)
    },
    expected: always(final('timeout', { which: 'total', text: said(2) })),
  },
  {
    name: 'keep-alives in large pieces',
    settings: TOTAL,
    async perform(to) {
      to.head()
      // Slowly enough to leave the other cells some time.
      await to.flood((to.stream ? ': keep-alive\n\n' : '\n\n\n\n').repeat(50), 20)
    },
    expected: always(final('timeout', { which: 'total' })),
  },
]

export const connectionRows: readonly Fault[] = [...connect, ...broken, ...silent]
