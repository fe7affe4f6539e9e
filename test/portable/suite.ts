/**
 * The one suite. Bundled into one file, it runs wherever a promise does.
 */
import { assert } from './assert.ts'
import type { Cases, Place } from './connect.ts'
import { createConnect } from './connect.ts'
import { borderCases } from './border.ts'
import { timeoutCases } from './timeouts.ts'
import { familyCases } from './families.ts'
import { framingCases } from './framing.ts'
import { keyCases } from './keys.ts'
import { leavingCases } from './leaving.ts'
import { mcpCases } from './mcp.ts'
import { otelCases } from './otel.ts'
import { registryCases } from './registry.ts'
import { retryCases } from './retries.ts'
import { toolCases } from './tools.ts'
import { truncationCases } from './truncation.ts'

/** The outcome of one case. Plain data. */
export interface CaseResult {
  name: string
  ok: boolean
  error?: string
  /** Milliseconds. */
  ms: number
}

/** In this order they run, one at a time: a page has only six connections to a host. */
const LISTS: readonly Cases[] = [
  registryCases,
  familyCases,
  framingCases,
  leavingCases,
  timeoutCases,
  retryCases,
  truncationCases,
  keyCases,
  borderCases,
  toolCases,
  mcpCases,
  otelCases,
]

/** Longest time for one case, in milliseconds. */
const LIMIT = 15_000

/** Runs every case. Never rejects. */
export async function runSuite(place: Place): Promise<CaseResult[]> {
  const cases: [name: string, body: () => Promise<void> | void][] = []
  const stray = watchRejections()
  for (const list of LISTS)
    list((name, body) => cases.push([name, body]), assert, createConnect(place))
  cases.push(['No rejection is left unhandled', () => assert.deepEqual(stray(), [])])
  const results: CaseResult[] = []
  for (const [name, body] of cases) results.push(await runCase(name, body))
  return results
}

async function runCase(name: string, body: () => Promise<void> | void): Promise<CaseResult> {
  const start = Date.now()
  let timer: ReturnType<typeof setTimeout> | undefined
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${LIMIT} ms`)), LIMIT)
  })
  try {
    await Promise.race([Promise.resolve().then(body), limit])
    return { name, ok: true, ms: Date.now() - start }
  } catch (error) {
    return { name, ok: false, error: describe(error), ms: Date.now() - start }
  } finally {
    clearTimeout(timer)
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code } = error as { code?: string | number }
  const place = error.stack
    ?.split('\n')
    .filter((line) => /suite|portable|evalmachine/.test(line))
    .slice(0, 4)
    .join('\n')
  return `${error.name}${code === undefined ? '' : ` (${code})`}: ${error.message}${place ? `\n${place}` : ''}`
}

interface RejectionWorld {
  process?: { on?: (name: string, listener: (first: unknown, promise: unknown) => void) => unknown }
  addEventListener?: (name: string, listener: (event: RejectionEvent) => void) => void
}

interface RejectionEvent {
  reason: unknown
  promise: unknown
  preventDefault(): void
}

/**
 * Collects uncaught rejections, however the runtime reports them. One that is caught a little later is fine:
 * old workerd asks before the microtasks are done.
 */
function watchRejections(): () => string[] {
  const found = new Map<unknown, string>()
  const world = globalThis as unknown as RejectionWorld
  if (typeof world.process?.on === 'function') {
    world.process.on('unhandledRejection', (reason, promise) =>
      found.set(promise, describe(reason)),
    )
    world.process.on('rejectionHandled', (promise) => found.delete(promise))
  }
  world.addEventListener?.('unhandledrejection', (event) => {
    event.preventDefault()
    found.set(event.promise, describe(event.reason))
  })
  world.addEventListener?.('rejectionhandled', (event) => found.delete(event.promise))
  return () => [...found.values()]
}
