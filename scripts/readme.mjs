/**
 * Writes what follows from the code: the tables of both READMEs (`<!-- sizes -->…<!-- /sizes -->`: servers, runtimes and
 * sizes) and the type of server names. Run `npm run readme`; a test fails while one of them is stale.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { LLM_REGISTRY } from 'chatwire'
import { formatServerNames } from './server-names.mjs'
import { readServers } from './servers.mjs'
import { measureSizes } from './sizes.mjs'
import { formatTable } from './table.mjs'

const root = fileURLToPath(new URL('../', import.meta.url))

/** Each README, with the translations of its tables: words that are absent stay English. */
export const READMES = {
  'README.md': {},
  'README.zh-CN.md': {
    'key variable': '密钥变量',
    ' (optional)': '（可选）',
    tools: '工具',
    thinking: '思考',
    'JSON schema': 'JSON Schema',
    images: '图片',
    audio: '音频',
    video: '视频',
    files: '文件',
    'raw prompt': '原始提示词',
    runtime: '运行时',
    cases: '用例',
    passed: '通过',
    unsupported: '不支持',
    ' (tested, not supported)': '（有测试，不支持）',
    client: '客户端',
    endpoint: '端点',
    import: '引入',
    'loads at first': '首次加载',
    'in one file': '单个文件',
    'on demand': '按需加载',
    'ChatStream.from': '`ChatStream.from`',
    core: '仅核心',
    'one provider': '一个服务',
    'the Responses API': 'Responses API',
    'one provider, with tools': '一个服务加工具',
    'every server by its name': '按名称使用全部服务',
    'a conversation, beside core': '会话，在核心之外',
    everything: '全部',
    'MCP tools, beside a provider with tools': 'MCP 工具（在一个服务加工具之外）',
    'OpenTelemetry, beside a provider with tools': 'OpenTelemetry（在一个服务加工具之外）',
  },
}

/**
 * Returns a README with its tables filled in.
 * @param {string} page
 * @param {Record<string, string>} translations
 * @param {{ servers?: Awaited<ReturnType<typeof readServers>>, sizes?: Awaited<ReturnType<typeof measureSizes>> }} found
 *   a table without its data stays as it is
 */
export function fillTables(page, translations, { servers, sizes }) {
  const translate = (text) => translations[text] ?? text
  const tables = {
    runtimes: formatRuntimes(translate),
    clients: formatClients(translate),
    ...(servers && { servers: formatServers(servers, translate) }),
    ...(sizes && { sizes: formatSizes(sizes, translate) }),
  }
  let filled = page
  for (const [name, table] of Object.entries(tables)) {
    const place = new RegExp(`(<!-- ${name} -->)[^]*?(<!-- /${name} -->)`)
    filled = filled.replace(place, (_all, start, end) => `${start}\n\n${table}\n\n${end}`)
  }
  return filled
}

const MARKS = { yes: '✓', no: '–', model: '○', json: 'JSON', set: '⚙', unknown: '?', page: '·' }
const ABILITIES = {
  tools: 'tools',
  thinking: 'thinking',
  schema: 'JSON schema',
  images: 'images',
  audio: 'audio',
  video: 'video',
  files: 'files',
  raw: 'raw prompt',
}

function formatServers(servers, translate) {
  const head = ['`modelServer`', 'key variable', 'CORS', ...Object.values(ABILITIES)]
  const rows = servers.map((server) => {
    const { names, variable, isOptional, cors } = server
    const key = variable
      ? `\`${variable}\`${isOptional ? translate(' (optional)') : ''}`
      : MARKS.page
    const marks = Object.keys(ABILITIES).map((ability) => MARKS[server[ability]])
    return [names.map((name) => `\`${name}\``).join(' '), key, MARKS[cors], ...marks]
  })
  return formatTable(head.map(translate), rows)
}

function formatRuntimes(translate) {
  const runtimes = JSON.parse(readFileSync(`${root}test/runtimes/results.json`, 'utf8'))
  const head = ['runtime', 'cases', 'passed', 'unsupported'].map(translate)
  const rows = runtimes.map(({ name, cases, passed, cannot }) => {
    const mark = isSupported(name) ? '' : translate(' (tested, not supported)')
    return [`${name}${mark}`, cases, passed, cannot]
  })
  return formatTable(head, rows)
}

/** Formats which clients pass at which endpoint: `test/gateway/endpoints.test.ts` writes the file. */
function formatClients(translate) {
  const endpoints = JSON.parse(readFileSync(`${root}test/gateway/clients.json`, 'utf8'))
  const vendors = [...new Set(Object.values(endpoints).flatMap(Object.values).flat())]
  const rows = Object.entries(endpoints).flatMap(([endpoint, clients]) =>
    Object.entries(clients).map(([client, passed]) => [
      `\`${client}\``,
      `\`${endpoint}\``,
      ...vendors.map((vendor) => (passed.includes(vendor) ? MARKS.yes : MARKS.no)),
    ]),
  )
  return formatTable([...['client', 'endpoint'].map(translate), ...vendors], rows)
}

/** Returns whether `engines` of package.json allows a Node, by the name of its row. */
function isSupported(name) {
  const { engines } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
  const [, major] = /^node (\d+)$/.exec(name) ?? []
  return !major || Number(major) >= Number(engines.node.replace('>=', ''))
}

function formatSizes(sizes, translate) {
  const rows = sizes.map(({ what, kB, onDemand, oneFile }) => [
    translate(what),
    `${kB.toFixed(1)} kB`,
    onDemand > 0 ? `${onDemand.toFixed(1)} kB` : '–',
    `${oneFile.toFixed(1)} kB`,
  ])
  return formatTable(['import', 'loads at first', 'on demand', 'in one file'].map(translate), rows)
}

async function main() {
  const found = { servers: await readServers(), sizes: await measureSizes() }
  for (const [file, translations] of Object.entries(READMES)) {
    const page = readFileSync(`${root}${file}`, 'utf8')
    writeFileSync(`${root}${file}`, fillTables(page, translations, found))
  }
  writeFileSync(`${root}src/server-name.ts`, formatServerNames(LLM_REGISTRY.names()))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main()
