/**
 * Runs cells in Node, Deno or Bun: reads them from the first argument, prints the outcomes as JSON.
 */
import type { Cell } from './cells.ts'
import { runCell } from './cells.ts'

declare const Deno: { args: string[] } | undefined

const argument = typeof Deno === 'undefined' ? process.argv[2] : Deno.args[0]
const cells = JSON.parse(argument as string) as Cell[]
console.log(JSON.stringify(await Promise.all(cells.map(runCell))))
