/**
 * Runs cells in a page of a browser.
 */
import type { Cell } from './cells.ts'
import { runCell } from './cells.ts'

Object.assign(globalThis, {
  runCells: (cells: readonly Cell[]) => Promise.all(cells.map(runCell)),
})
