/**
 * Chats through real reverse proxies, over HTTP/1.1 and HTTP/2, from real runtimes. Whatever a proxy makes of a broken
 * response, the caller never takes it for a complete one, and the vendor gets one POST per try, except where a runtime
 * resends by itself.
 */
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Cell, Fault, Outcome } from './cells.ts'
import { MODELS, TEXT } from './cells.ts'
import { createCertificate } from './certificate.ts'
import { startDirect } from './direct.ts'
import { freePort, PROXIES, startProxy } from './proxies.ts'
import { recordRow, writeResults } from './results.ts'
import { buildProgram, IS_FULL, RUNTIMES, startRuntime } from './runtimes.ts'
import type { Vendor } from './vendor.ts'
import { LONG_RESPONSE, startVendor } from './vendor.ts'

let vendor: Vendor
let certificates: string

beforeAll(async () => {
  const { pageScript } = await buildProgram()
  ;[vendor, certificates] = await Promise.all([startVendor(pageScript), createCertificate()])
})
afterAll(async () => {
  vendor.close()
  await writeResults()
})

// Over HTTP/2 a reset can overtake the headers, so that `fetch` itself fails.
const CUT = [
  'connection_lost',
  'stream_truncated',
  'server_error',
  'overloaded',
  'connection_failed',
]

/** The codes that are right for a fault, whatever the proxy does to it. */
const CODES: Record<Fault, readonly string[]> = {
  whole: ['ok'],
  // A cut is seen as one, or as a clean end without the end mark, or the proxy makes a page of it.
  fin: [...CUT, 'unexpected_response'],
  rst: [...CUT, 'unexpected_response'],
  short: CUT,
  gzip: [...CUT, 'bad_frame'],
  // A proxy that buffers shows nothing of the silence before the connection breaks.
  stall: ['timeout', ...CUT],
  page: ['unexpected_response'],
  large: ['ok'],
  huge: ['ok'],
  closed: ['server_error', 'overloaded', 'connection_failed'],
  // The second of two requests on one connection: a runtime that resends gets an answer.
  kept: ['ok', 'server_error', 'overloaded', 'connection_failed'],
  refused: ['connection_failed'],
  goaway: ['ok'],
  leaving: ['aborted'],
}

/** Most POSTs that a runtime makes of one, if the server closes the connection or refuses a stream. */
const RESENDS: Record<string, number> = { deno: 2, chromium: 3, firefox: 10 }

/** These notice a client that leaves over HTTP/1.1, if at the next write; lighttpd does not before the end. */
const STOPS_UPSTREAM = new Set([
  'none',
  'nginx',
  'nginx streaming',
  'haproxy',
  'apache',
  'caddy',
  'varnish',
  'squid',
  'nghttpx',
])

/** These replace `Host`, so that the page's own origin looks foreign to a relay. Where, see "Behind a proxy". */
const REPLACES_HOST = new Set(['nginx', 'squid'])
const BROWSERS = new Set(['chromium', 'firefox'])

function isForeign({ server }: Cell, { proxyName, runtimeName }: Where): boolean {
  return server === 'relay' && REPLACES_HOST.has(proxyName) && BROWSERS.has(runtimeName)
}

/** Batches of cells that run at once. A timer or the state of the connection decides about the later ones. */
function batchesFor(proxyName: string, prefix: string, url: string): Cell[][] {
  const isDirect = proxyName === 'none'
  const isH2 = url.startsWith('https:')
  const create = (server: string, fault: Fault, stream = true): Cell => {
    const id = `${prefix}-${server}-${fault}-${stream}`.replaceAll(' ', '')
    return { id, server, fault, stream, url }
  }
  if (isDirect && isH2) {
    const alone: Fault[] = ['fin', 'goaway', 'refused', 'leaving']
    return [
      (['whole', 'page', 'gzip', 'large'] as const).map((fault) => create('openai', fault)),
      ...alone.map((fault) => [create('openai', fault)]),
    ]
  }
  const everywhere: Fault[] = ['whole', 'fin', 'rst', 'short', 'gzip', 'page']
  const all = Object.keys(MODELS).flatMap((server) => [
    ...everywhere.map((fault) => create(server, fault)),
    create(server, 'whole', false),
    create(server, 'fin', false),
  ])
  // One family is enough where the body plays no part.
  all.push(create('openai', 'stall'), create('openai', 'large'), create('openai', 'closed'))
  for (const service of ['gateway', 'relay']) {
    all.push(create(service, 'whole'))
    if (!isDirect) all.push(create(service, 'closed'), create(service, 'closed', false))
  }
  const leaving = ['openai', 'gateway', 'relay'].map((server) => create(server, 'leaving'))
  const last = [[create('openai', 'kept')], leaving]
  // By itself: the vendor would not keep the time of the others meanwhile.
  if (IS_FULL) last.push([create('openai', 'huge')])
  if (proxyName !== 'lighttpd' || !isH2) return [all, ...last]
  // It closes the whole HTTP/2 connection for the fault of one stream, so each gets its own: of one family, to save time.
  const others = Object.keys(MODELS).filter((server) => server !== 'openai')
  const few = all.filter(({ server }) => !others.includes(server))
  return [...few.map((cell) => [cell]), ...last]
}

const PLACES = ['none', ...Object.keys(PROXIES)]

describe.each(PLACES)('%s', (proxyName) => {
  const isDirect = proxyName === 'none'
  const start = (port = vendor.port) =>
    isDirect ? startDirect(vendor, certificates) : startProxy(proxyName, port, certificates)
  const hasH2 = isDirect || PROXIES[proxyName]!.h2 !== false
  const runs = [
    ...RUNTIMES.h1.map((runtime) => [runtime, 'h1'] as const),
    ...(hasH2 ? RUNTIMES.h2.map((runtime) => [runtime, 'h2'] as const) : []),
  ]

  test.each(runs)('%s over %s', async (runtimeName, http) => {
    const certificate = path.join(certificates, 'ca.pem')
    const [proxy, runtime] = await Promise.all([
      start(),
      startRuntime(runtimeName, http, certificate),
    ])
    const prefix = `${proxyName}-${runtimeName}-${http}`
    const batches = batchesFor(proxyName, prefix, proxy[http] as string)
    const outcomes: [Cell, Outcome][] = []
    try {
      for (const batch of batches) {
        const results = await runtime.run(batch)
        batch.forEach((cell, index) => outcomes.push([cell, results[index] as Outcome]))
      }
      for (const cell of batches.flat()) {
        const { id, fault } = cell
        if (fault !== 'leaving' || isForeign(cell, { proxyName, runtimeName })) continue
        if (http === 'h1' && !STOPS_UPSTREAM.has(proxyName)) continue
        await expect
          .poll(() => vendor.seen(id).stoppedAfter, { timeout: LONG_RESPONSE, message: id })
          .toBeLessThan(LONG_RESPONSE - 500)
      }
    } finally {
      await Promise.all([proxy.stop(), runtime.close()])
    }
    for (const [cell, outcome] of outcomes) {
      const { posts, asked } = vendor.seen(cell.id)
      recordRow({ proxy: proxyName, runtime: runtimeName, http, cell, outcome, posts, asked })
    }
    for (const [cell, outcome] of outcomes) judge(cell, outcome, { proxyName, runtimeName })
  })

  if (isDirect) return
  test('a vendor that is not listening is a retryable failure', async () => {
    const proxy = await start(await freePort())
    const runtime = await startRuntime('node', 'h1', '')
    const cell: Cell = { id: 'none', server: 'openai', fault: 'whole', stream: true, url: proxy.h1 }
    try {
      const [outcome] = await runtime.run([cell])
      expect(['server_error', 'overloaded']).toContain(outcome?.code)
      expect(outcome?.message).toMatch(/^HTTP 50[023]/)
    } finally {
      await proxy.stop()
    }
  })
})

interface Where {
  proxyName: string
  runtimeName: string
}

function judge(cell: Cell, outcome: Outcome, { proxyName, runtimeName }: Where): void {
  const { server, fault, stream, id } = cell
  const { posts, asked } = vendor.seen(id)
  const where = `${server} ${fault} ${stream ? 'streamed' : 'at once'}: ${JSON.stringify(outcome)}, ${posts} POSTs`
  if (isForeign(cell, { proxyName, runtimeName })) {
    expect(outcome.code, where).toBe('permission')
    expect(asked, where).toBe(0)
    return
  }
  if (server === 'gateway' || server === 'relay') {
    // However often the request arrives, the model is asked once.
    expect(asked, where).toBe(1)
    expect(outcome.code, where).toBe(fault === 'leaving' ? 'aborted' : 'ok')
    if (outcome.code === 'ok') expect(outcome.text, where).toBe(TEXT)
    return
  }
  if (proxyName === 'nginx' && LARGE.has(fault)) {
    // The 413 may get lost in mid-upload.
    const codes = ['bad_request', 'connection_failed']
    expect(codes, where).toContain(outcome.code)
    expect(posts, where).toBe(0)
    return
  }
  const isH2 = cell.url.startsWith('https:')
  // Squid 5.7 breaks a third of the uploads of 20 MB: findings/squid-large-uploads.sh.
  const isBroken = proxyName === 'squid' && fault === 'huge' && outcome.code !== 'ok'
  expect(isBroken ? ['connection_failed'] : CODES[fault], where).toContain(outcome.code)
  const most = RESENDS[runtimeName] ?? 1
  if (fault === 'kept') {
    expect(posts, where).toBeGreaterThanOrEqual(2)
    expect(posts, where).toBeLessThanOrEqual(1 + most)
    if (posts === 2) expect(outcome.code, where).not.toBe('ok')
  } else if (
    fault === 'closed' ||
    fault === 'refused' ||
    isBroken ||
    (isH2 && outcome.code !== 'ok')
  ) {
    expect(posts, where).toBeGreaterThanOrEqual(1)
    expect(posts, where).toBeLessThanOrEqual(most)
  } else expect(posts, where).toBe(1)
  if (outcome.code === 'ok') expect(outcome.text, where).toBe(TEXT)
  else expect(TEXT.startsWith(outcome.text), where).toBe(true)
}

const LARGE: ReadonlySet<Fault> = new Set(['large', 'huge'])
