/**
 * The table of clients in the guide.
 */
import { formatTable } from '../../scripts/table.mjs'

const FEATURES = ['tools', 'tools, streamed', 'object', 'object, streamed']

/**
 * @param {Record<string, Record<string, string[]>>} results the vendors before which each feature passed
 * @param {Record<string, { package: string }>} clients
 * @param {Record<string, string>} versions of the packages
 */
export function formatClientTable(results, clients, versions) {
  const vendors = [...new Set(Object.values(results).flatMap(Object.values).flat())]
  const rows = Object.entries(results).map(([client, passed]) => {
    const { package: name } = clients[client]
    const cells = FEATURES.map((feature) => {
      const list = passed[feature]
      if (!list) return '–'
      return list.length === vendors.length ? 'all' : list.join(', ')
    })
    return [client, `\`${name}\` ${versions[name]}`, ...cells]
  })
  return formatTable(['client', 'package', ...FEATURES], rows)
}

/** Returns a page with the table filled in. */
export function fillTable(page, table) {
  const place = /(<!-- client-table -->)[^]*?(<!-- \/client-table -->)/
  return page.replace(place, (_all, start, end) => `${start}\n\n${table}\n\n${end}`)
}

/** Returns the cells of the table of a page, whatever its white space. */
export function readTable(page) {
  const [, table = ''] = /<!-- client-table -->([^]*?)<!-- \/client-table -->/.exec(page) ?? []
  return table
    .trim()
    .split('\n')
    .filter((line) => !/^[|\s:-]+$/.test(line))
    .map((line) => line.split('|').map((cell) => cell.trim()))
}
