/**
 * The short table of chatwire beside other SDKs, out of `bench/results/results.json`.
 */
import { formatTable } from './table.mjs'

/**
 * The figures: the measurement, what the row of a peer is called there, and the head of the column.
 * @type {[measurement: string, row: (peer: string) => string, column: string][]}
 */
const FIGURES = [
  ['chunk-cost', (peer) => peer, '× bare'],
  ['first-token', (peer) => peer, 'later than the bare loop, ms'],
  ['startup', (peer) => `Node, ${bundled(peer)}`, 'CPU, ms'],
  ['sizes', (peer) => `one streamed chat: ${bundled(peer)}`, 'gzip, kB'],
  ['types', (peer) => peer, 'types'],
]

/** What is bundled of chatwire, where that makes a difference. */
const bundled = (peer) => (peer === 'chatwire' ? 'chatwire, one provider' : peer)

/**
 * @param {Record<string, import('../bench/result.mjs').Result & { on: string }>} results
 * @param {{ peerHead: string[], peers: Record<string, string>, measuredOn: (place: string) => string }} words
 */
export function formatPeers(results, { peerHead, peers, measuredOn }) {
  const names = (results['chunk-cost']?.rows ?? []).map(([name]) => String(name))
  const rows = names.map((name) => {
    const figures = FIGURES.map(([measurement, row, column]) =>
      readFigure(results[measurement], row(name), column),
    )
    return [peers[name] ?? name, ...figures]
  })
  const places = [...new Set(FIGURES.flatMap(([name]) => results[name]?.on ?? []))]
  return `${formatTable(peerHead, rows)}\n\n${measuredOn(places.join('; '))}`
}

/** A figure without its spread, or a dash where it was not measured. */
function readFigure({ head = [], rows = [] } = {}, name, column) {
  const value = rows.find(([first]) => first === name)?.[head.indexOf(column)]
  const [, figure] = /^(-?[\d.,]+)/.exec(String(value ?? '')) ?? []
  return figure ?? '–'
}
