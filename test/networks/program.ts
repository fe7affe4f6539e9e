/**
 * Runs cells in Node, Deno or Bun: reads them from the first argument, prints the outcomes as JSON.
 */
import type { Cell } from './cells.ts'
import { runCell } from './cells.ts'

declare const Deno: { args: string[] } | undefined
type Dispatcher = new (options: { allowH2: boolean }) => unknown

const [input = '', http2] = typeof Deno === 'undefined' ? process.argv.slice(2) : Deno.args
// Node 26 speaks HTTP/2 by default; before, the dispatcher of its `fetch` must be told.
if (http2 === 'h2' && typeof Deno === 'undefined' && parseInt(process.versions.node) < 26) {
  const name = Symbol.for('undici.globalDispatcher.1')
  const globals = globalThis as unknown as Record<symbol, { constructor: Dispatcher } | undefined>
  await fetch('data:,') // loads undici
  const Agent = (globals[name] as { constructor: Dispatcher }).constructor
  globals[name] = new Agent({ allowH2: true }) as { constructor: Dispatcher }
}
const cells = JSON.parse(input) as Cell[]
console.log(JSON.stringify(await Promise.all(cells.map(runCell))))
