/**
 * Chats through real reverse proxies. Whatever a proxy makes of a broken response, the caller never takes it for a
 * complete one, and the vendor gets one POST per try.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Cell, Fault, Outcome } from './cells.ts'
import { MODELS, TEXT } from './cells.ts'
import { freePort, PROXIES, startProxy } from './proxies.ts'
import { recordRow, writeResults } from './results.ts'
import { buildProgram, runCells, RUNTIMES } from './runtimes.ts'
import { FAULTS, LONG_RESPONSE, startVendor } from './vendor.ts'

let vendor: Awaited<ReturnType<typeof startVendor>>

beforeAll(async () => {
  await buildProgram()
  vendor = await startVendor()
})
afterAll(async () => {
  vendor.close()
  await writeResults()
})

/** The codes that are right for a fault, whatever the proxy does to it. */
const CODES: Record<Fault, readonly string[]> = {
  whole: ['ok'],
  // A cut is seen as one, or as a clean end without the end mark, or the proxy makes a page of it.
  fin: ['connection_lost', 'stream_truncated', 'server_error', 'overloaded', 'unexpected_response'],
  rst: ['connection_lost', 'stream_truncated', 'server_error', 'overloaded', 'unexpected_response'],
  short: ['connection_lost', 'stream_truncated', 'server_error', 'overloaded'],
  gzip: ['connection_lost', 'stream_truncated', 'bad_frame', 'overloaded', 'server_error'],
  closed: ['server_error', 'overloaded', 'connection_failed'],
  page: ['unexpected_response'],
  large: ['ok'],
  leaving: ['aborted'],
}

/** lighttpd and h2o never notice a client that leaves over HTTP/1.1 before they write; these must. */
const STOPS_UPSTREAM = new Set([
  'nginx',
  'nginx streaming',
  'haproxy',
  'apache',
  'caddy',
  'varnish',
  'squid',
  'nghttpx',
])

function cellsFor(runtime: string, url: string): Cell[] {
  const cells: Cell[] = []
  for (const server of Object.keys(MODELS)) {
    for (const fault of FAULTS) {
      // One family is enough where the body plays no part.
      if (server !== 'openai' && (fault === 'large' || fault === 'closed')) continue
      if (fault === 'leaving') continue
      const id = `${runtime}-${new URL(url).port}-${server}-${fault}`.replaceAll(' ', '')
      cells.push({ id, server, fault, stream: true, url })
      if (fault === 'whole' || fault === 'fin')
        cells.push({ id: `${id}-once`, server, fault, stream: false, url })
    }
  }
  const id = `${runtime}-${new URL(url).port}-leaving`.replaceAll(' ', '')
  cells.push({ id, server: 'openai', fault: 'leaving', stream: true, url })
  return cells
}

describe.each(Object.keys(PROXIES))('%s', (name) => {
  test.each(RUNTIMES)('%s reads every family through it', async (runtime) => {
    const proxy = await startProxy(name, vendor.port)
    const cells = cellsFor(runtime, proxy.url)
    let outcomes: Outcome[]
    try {
      // By itself: a timer decides when it leaves.
      const leaving = cells.at(-1) as Cell
      outcomes = [
        ...(await runCells(runtime, cells.slice(0, -1))),
        ...(await runCells(runtime, [leaving])),
      ]
      if (STOPS_UPSTREAM.has(name)) {
        await expect
          .poll(() => vendor.seen(leaving.id).stoppedAfter, { timeout: LONG_RESPONSE })
          .toBeLessThan(LONG_RESPONSE - 500)
      }
    } finally {
      await proxy.stop()
    }
    cells.forEach((cell, index) => {
      const outcome = outcomes[index] as Outcome
      const { posts } = vendor.seen(cell.id)
      recordRow({ proxy: name, runtime, cell, outcome, posts })
      const where = `${cell.server} ${cell.fault} ${cell.stream ? 'streamed' : 'at once'}: ${JSON.stringify(outcome)}`
      if (name === 'nginx' && cell.fault === 'large') {
        expect(outcome, where).toMatchObject({ code: 'bad_request', text: '' })
        expect(posts, where).toBe(0)
        return
      }
      expect(CODES[cell.fault], where).toContain(outcome.code)
      expect(posts, where).toBe(1)
      if (outcome.code === 'ok') expect(outcome.text, where).toBe(TEXT)
      else expect(TEXT.startsWith(outcome.text), where).toBe(true)
    })
  })

  test('a vendor that is not listening is a retryable failure', async () => {
    const proxy = await startProxy(name, await freePort())
    const cell: Cell = {
      id: 'none',
      server: 'openai',
      fault: 'whole',
      stream: true,
      url: proxy.url,
    }
    try {
      const [outcome] = await runCells('node', [cell])
      expect(['server_error', 'overloaded']).toContain(outcome?.code)
      expect(outcome?.message).toMatch(/^HTTP 50[023]/)
    } finally {
      await proxy.stop()
    }
  })
})
