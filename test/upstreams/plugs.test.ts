/** MCP over Streamable HTTP through both majors of the SDK, and OpenTelemetry without a context manager, in every kind of runtime. */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { chromium } from '@playwright/test'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findBrowser } from '../runtimes/browsers.ts'
import { bundle, startWorkerd } from '../runtimes/workerd.mjs'

const run = promisify(execFile)
const bin = (name: string) =>
  fileURLToPath(new URL(`../../node_modules/.bin/${name}`, import.meta.url))
const folder = mkdtempSync(`${tmpdir()}/plugs-`)
const servers: Server[] = []
let url: string
let code: string

async function listen(handler: Parameters<typeof createServer>[1]): Promise<string> {
  const server = createServer(handler).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

beforeAll(async () => {
  // Another origin than the page's, as usual.
  const base = await listen(async (request, response) => {
    response.setHeader('access-control-allow-origin', '*')
    response.setHeader('access-control-allow-methods', '*')
    response.setHeader('access-control-allow-headers', '*')
    if (request.method === 'OPTIONS') {
      response.writeHead(204).end()
      return
    }
    const server = new McpServer({ name: 'remote', version: '1.0.0' })
    server.registerTool('weather', {}, () => ({ content: [{ type: 'text', text: '21 °C' }] }))
    const transport = new StreamableHTTPServerTransport({})
    await server.connect(transport as never)
    await transport.handleRequest(request, response)
  })
  url = `${base}/mcp`
  code = await bundle('test/upstreams/plugs-program.mjs')
  writeFileSync(`${folder}/program.mjs`, code)
  writeFileSync(
    `${folder}/main.mjs`,
    // Deno 2.9 keeps running where clients of both majors were connected, although both are closed.
    `import { run } from './program.mjs'
console.log(await run(${JSON.stringify(url)}))
process.exit()`,
  )
}, 60_000)

afterAll(() => {
  for (const server of servers) server.close()
  rmSync(folder, { recursive: true })
})

const PLACES = {
  node: async () => (await run(process.execPath, [`${folder}/main.mjs`])).stdout,
  deno: async () => (await run(bin('deno'), ['run', '--allow-all', `${folder}/main.mjs`])).stdout,
  bun: async () => (await run(bin('bun'), [`${folder}/main.mjs`])).stdout,
  async workerd() {
    const worker = await startWorkerd({ code, env: { MCP_URL: url } })
    const response = await fetch(worker.url)
    const text = await response.text()
    await worker.stop()
    return text
  },
  async page() {
    const page = await listen((request, response) => {
      const isCode = request.url === '/program.mjs'
      response.setHeader('content-type', isCode ? 'text/javascript' : 'text/html')
      response.end(isCode ? code : '<!doctype html>')
    })
    const executablePath = await findBrowser('chromium')
    const browser = await chromium.launch({ executablePath, chromiumSandbox: false })
    const tab = await browser.newPage()
    await tab.goto(page)
    const text = await tab.evaluate(
      `import('/program.mjs').then(({ run }) => run(${JSON.stringify(url)}))`,
    )
    await browser.close()
    return String(text)
  },
}

test.each(Object.entries(PLACES))('in %s', async (_name, start) => {
  expect(JSON.parse(await start())).toEqual({
    text: 'Done',
    contents: ['21 °C', '21 °C'],
    spans: [
      'chat gpt-4o of invoke_agent',
      'chat gpt-4o of invoke_agent',
      'execute_tool earlier_weather of invoke_agent',
      'execute_tool remote_weather of invoke_agent',
      'invoke_agent of undefined',
      'try gpt-4o of chat gpt-4o',
      'try gpt-4o of chat gpt-4o',
    ],
  })
})
