/** Tools of real MCP servers from npm, through both majors of the official SDK. */
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Client as ClientV2 } from '@modelcontextprotocol/client'
import { StdioClientTransport as StdioV2 } from '@modelcontextprotocol/client/stdio'
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport as StdioV1 } from '@modelcontextprotocol/sdk/client/stdio.js'
import { runTools } from 'chatwire'
import { toolsFromMCP } from 'chatwire/mcp'
import type { MCPClient } from 'chatwire/mcp'
import { AnthropicLLM } from 'chatwire/providers/anthropic'
import { simulate } from 'chatwire/testing'
import { toListener } from '../../examples/node-server/listener.mjs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const modules = fileURLToPath(new URL('../../node_modules/', import.meta.url))
const folder = mkdtempSync(`${tmpdir()}/mcp-`)
const SERVERS = {
  everything: ['@modelcontextprotocol/server-everything/dist/index.js', 'stdio'],
  files: ['@modelcontextprotocol/server-filesystem/dist/index.js', folder],
  memory: ['@modelcontextprotocol/server-memory/dist/index.js'],
  // By others: one that calculates with dates, and the Chrome team's, which needs no browser before its tools are called.
  time: ['time-mcp/dist/index.js'],
  chrome: ['chrome-devtools-mcp/build/src/bin/chrome-devtools-mcp.js', '--no-usage-statistics'],
}
type Name = keyof typeof SERVERS
type Client = MCPClient & { close(): Promise<void> }

interface Program {
  file: string
  args: string[]
  env: Record<string, string>
}

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.each([1, 2])('SDK of major version %i', (major) => {
  const clients = {} as Record<Name, Client>

  /** Starts a server, and connects a client of this major. */
  async function start({ file, args, env }: Program): Promise<Client> {
    const target = {
      command: process.execPath,
      args: [`${modules}${file}`, ...args],
      env,
      stderr: 'ignore' as const,
    }
    const info = { name: 'test', version: '1.0.0' }
    const client = major === 1 ? new ClientV1(info) : new ClientV2(info)
    await client.connect((major === 1 ? new StdioV1(target) : new StdioV2(target)) as never)
    return client as never
  }

  beforeAll(async () => {
    writeFileSync(`${folder}/hello.txt`, 'Hello from a file')
    await Promise.all(
      Object.entries(SERVERS).map(async ([name, [file, ...args]]) => {
        const env = {
          ...(process.env as Record<string, string>),
          MEMORY_FILE_PATH: `${folder}/memory-${major}.json`,
        }
        clients[name as Name] = await start({ file: file as string, args, env })
      }),
    )
  }, 60_000)
  afterAll(() => Promise.all(Object.values(clients).map((client) => client.close())))

  /** Lets a model call these tools, and returns what it got. */
  async function ask(
    toolCalls: { name: string; arguments: Record<string, unknown> }[],
    options = {},
  ) {
    const tools = await toolsFromMCP(clients, options)
    const fetch = simulate('anthropic', [{ toolCalls }, 'Done'])
    const llm = new AnthropicLLM({
      model: 'claude-opus-4-5',
      modelServer: 'anthropic',
      apiKey: 'test',
      fetch,
    })
    const { steps } = await runTools(llm, { prompt: 'Go', tools })
    return {
      contents: steps[0]?.toolResults.map(({ content }) => content) ?? [],
      sent: fetch.requests[1]?.body,
      tools,
    }
  }

  test('every tool of every server has a schema that a strict vendor takes', async () => {
    const { tools } = await ask([{ name: 'files_list_allowed_directories', arguments: {} }])
    for (const name of Object.keys(SERVERS)) {
      expect(tools.filter(({ server }) => server === name).length, name).toBeGreaterThan(5)
    }
    expect(tools.some(({ annotations }) => annotations.readOnlyHint)).toBe(true)
    expect(tools.some(({ annotations }) => annotations.destructiveHint)).toBe(true)
  })

  test('text, structured results, images, links, errors and progress', async () => {
    const reports: number[] = []
    const { contents, sent } = await ask(
      [
        { name: 'everything_echo', arguments: { message: 'hi' } },
        { name: 'everything_get-sum', arguments: { a: 2, b: 3 } },
        { name: 'everything_get-tiny-image', arguments: {} },
        { name: 'everything_get-structured-content', arguments: { location: 'New York' } },
        { name: 'everything_get-resource-links', arguments: { count: 2 } },
        { name: 'everything_trigger-long-running-operation', arguments: { duration: 1, steps: 4 } },
        { name: 'files_read_text_file', arguments: { path: `${folder}/hello.txt` } },
        { name: 'files_read_text_file', arguments: { path: '/etc/hostname' } },
      ],
      { onProgress: ({ progress }: { progress: number }) => void reports.push(progress) },
    )
    expect(contents[0]).toBe('Echo: hi')
    expect(contents[1]).toContain('5')
    expect(contents[2]).toMatch(/\[image\/png, \d+ bytes\]/)
    expect(contents[3]).toContain('temperature')
    expect(contents[4]).toContain('[resource link: ')
    expect(contents[5]).toContain('completed')
    expect(contents[6]).toContain('Hello from a file')
    expect(contents[7]).toMatch(/^Error: The tool "files_read_text_file" failed: Access denied/)
    // The SDK drops a report that arrives together with the result: findings/mcp-sdk-last-progress.sh.
    expect(reports.slice(0, 3)).toEqual([1, 2, 3])
    const images = sent.messages
      .at(-1)
      .content[2].content.filter(({ type }: { type: string }) => type === 'image')
    expect(images).toHaveLength(1)
  })

  test('examples/mcp-server: a model is a tool', async () => {
    // The SDK drops a report that arrives with the result (findings/mcp-sdk-last-progress.sh).
    const model = simulate('dashscope', { pieces: ['Hello', ' from', ' Qwen'], delayMs: 100 })
    const http = createServer(toListener((request) => model.handler(request))).listen(
      0,
      '127.0.0.1',
    )
    await once(http, 'listening')
    const { port } = http.address() as AddressInfo
    const env = {
      ...(process.env as Record<string, string>),
      DASHSCOPE_API_KEY: 'test',
      DASHSCOPE_BASE_URL: `http://127.0.0.1:${port}/api/v1`,
    }
    const client = await start({ file: '../examples/mcp-server/main.mjs', args: [], env })
    const reports: number[] = []
    const [ask] = await toolsFromMCP(client, {
      onProgress: ({ progress }) => void reports.push(progress),
    })
    expect(ask).toMatchObject({ name: 'ask_qwen', annotations: { readOnlyHint: true } })
    const result = await ask?.execute?.({ prompt: 'Hi' }, {
      signal: new AbortController().signal,
    } as never)
    expect(result).toMatchObject({ content: [{ type: 'text', text: 'Hello from Qwen' }] })
    expect(reports.length).toBeGreaterThan(1)
    await client.close()
    http.close()
  })

  test('a server by others: its tools are called, and its refusals reach the model', async () => {
    const { contents, sent } = await ask([
      { name: 'time_days_in_month', arguments: { date: '2028-02-01' } },
      {
        name: 'time_convert_time',
        arguments: {
          sourceTimezone: 'Asia/Shanghai',
          targetTimezone: 'Europe/Oslo',
          time: '2025-03-23 12:30:00',
        },
      },
      {
        name: 'time_convert_time',
        arguments: {
          sourceTimezone: 'Mars',
          targetTimezone: 'Europe/Oslo',
          time: '2025-03-23 12:30:00',
        },
      },
      { name: 'time_days_in_month', arguments: { date: 5 } },
    ])
    expect(contents[0]).toBe('The number of days in month is 29.')
    expect(contents[1]).toContain('the time in Europe/Oslo is 2025-03-23 05:30:00')
    expect(contents[2]).toBe(
      'Error: The tool "time_convert_time" failed: Invalid time zone specified: Mars',
    )
    // Invalid arguments never reach the server: its schema is checked here.
    expect(contents[3]).toMatch(/^Error: .*date/s)
    expect(contents[3]).not.toContain('MCP error')
    expect(JSON.stringify(sent)).toContain('2025-03-23 05:30:00')
  })

  test('a knowledge graph is written and read', async () => {
    const entities = [{ name: 'Ann', entityType: 'person', observations: ['likes Oslo'] }]
    await ask([{ name: 'memory_create_entities', arguments: { entities } }])
    const { contents } = await ask([{ name: 'memory_read_graph', arguments: {} }])
    expect(contents[0]).toContain('likes Oslo')
  })
})
