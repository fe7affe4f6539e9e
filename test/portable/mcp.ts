/**
 * MCP tools: a run with the tools of connected clients, as the official SDK's look.
 */
import { runTools } from 'chatwire'
import type { MCPClient } from 'chatwire/mcp'
import { toolsFromMCP } from 'chatwire/mcp'
import type { Cases } from './connect.ts'
import { modelAt } from './frames.ts'

interface CallOptions {
  signal: AbortSignal
  onprogress(progress: { progress: number; total?: number }): void
}

interface Listed {
  name: string
  run(args: Record<string, unknown>, options: CallOptions): unknown
}

/** A connected client of version 1, whose server lists one tool a page. */
function connected(listed: Listed[]) {
  const client = {
    getServerCapabilities: () => ({ tools: { listChanged: true } }),
    async listTools(params?: { cursor: string }) {
      const page = Number(params?.cursor ?? 0)
      const tools = listed
        .slice(page, page + 1)
        .map(({ name }) => ({ name, inputSchema: { type: 'object' } }))
      return { tools, nextCursor: page + 1 < listed.length ? String(page + 1) : undefined }
    },
    async callTool(
      { name, arguments: args }: { name: string; arguments: Record<string, unknown> },
      _schema: undefined,
      options: CallOptions,
    ) {
      return await listed.find((one) => one.name === name)?.run(args, options)
    },
    fallbackNotificationHandler: undefined as ((one: { method: string }) => unknown) | undefined,
  }
  return { client: client as unknown as MCPClient, raw: client }
}

const text = (words: string) => ({ content: [{ type: 'text', text: words }] })
const PIXEL = 'iVBORw0KGgo='
const prompt = 'How warm is it?'

export const mcpCases: Cases = (test, assert, connect) => {
  test('toolsFromMCP(): runTools() calls the tools of two servers', async () => {
    const weather = connected([
      { name: 'get.weather', run: ({ city }) => text(`${String(city)}: 21 °C`) },
      { name: 'fail', run: () => ({ ...text('no such city'), isError: true }) },
    ])
    const files = connected([
      { name: 'data', run: () => ({ content: [], structuredContent: { celsius: 21 } }) },
      { name: 'long', run: () => text('x'.repeat(200)) },
    ])
    const tools = await toolsFromMCP(
      { weather: weather.client, files: files.client },
      { maxResultSize: 100 },
    )
    const names = ['weather_get_weather', 'weather_fail', 'files_data', 'files_long']
    assert.deepEqual(
      tools.map(({ name }) => name),
      names,
    )
    const toolCalls = names.map((name) => ({ name, arguments: { city: 'Zürich' } }))
    const script = [{ toolCalls }, { text: 'Warm.' }]
    const lane = await connect.serve({ simulate: 'openai', script: [...script, ...script] })
    const llm = modelAt(lane)
    const whole = await runTools(llm, { prompt, tools })
    const streamed = await runTools(llm, { prompt, tools, stream: true }).result()
    for (const result of [whole, streamed]) {
      assert.equal(result.text, 'Warm.')
      const [one, failed, data, long] = result.steps[0]?.toolResults ?? []
      assert.equal(one?.content, 'Zürich: 21 °C')
      assert.equal(failed?.error?.code, 'tool_failed')
      assert.match(failed?.content, /no such city/)
      assert.equal(data?.content, '{"celsius":21}')
      assert.match(long?.content, /^x{100} \(cut at 100 characters\)$/)
    }
    await tools.close()
  })

  test('toolsFromMCP(): an image is a part for Anthropic, and a line of text for OpenAI', async () => {
    const { client } = connected([
      {
        name: 'draw',
        run: () => ({ content: [{ type: 'image', data: PIXEL, mimeType: 'image/png' }] }),
      },
    ])
    const tools = await toolsFromMCP(client)
    const script = [{ toolCalls: [{ name: 'draw', arguments: {} }] }, { text: 'Nice.' }]
    for (const server of ['anthropic', 'openai']) {
      const lane = await connect.serve({ simulate: server, script })
      const settings = server === 'anthropic' && {
        model: 'claude-sonnet-4-6',
        baseURL: `${lane.url}/v1`,
      }
      const llm = modelAt(lane, { modelServer: server, ...settings })
      assert.equal((await runTools(llm, { prompt, tools })).text, 'Nice.')
      const body = (await lane.seen())[1]?.body
      assert.match(body, server === 'anthropic' ? /iVBORw0KGgo=/ : /\[image\/png, 8 bytes\]/)
      assert.equal(body?.includes(PIXEL), server === 'anthropic')
    }
  })

  test('toolsFromMCP(): progress comes, and an abort reaches the server', async () => {
    const reports: unknown[] = []
    const controller = new AbortController()
    let heard: unknown
    const { client } = connected([
      {
        name: 'slow',
        run: (_args, { signal, onprogress }) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => {
              heard = signal.reason
              reject(signal.reason)
            })
            onprogress({ progress: 1, total: 2 })
            controller.abort(new Error('enough'))
          }),
      },
    ])
    const tools = await toolsFromMCP(client, {
      onProgress: ({ progress, total }, { name }) => reports.push([name, progress, total]),
    })
    const script = [{ toolCalls: [{ name: 'slow', arguments: {} }] }, 'Done']
    const lane = await connect.serve({ simulate: 'openai', script })
    const { signal } = controller
    await assert.rejects(runTools(modelAt(lane), { prompt, tools, signal }), (error) =>
      assert.equal(error.message, 'enough'),
    )
    assert.deepEqual(reports, [['slow', 1, 2]])
    assert.equal((heard as Error).message, 'enough')
    assert.equal((await lane.seen()).length, 1)
  })

  test('toolsFromMCP(): the array follows the list of its server until close()', async () => {
    const listed: Listed[] = [{ name: 'a', run: () => text('a') }]
    const { client, raw } = connected(listed)
    let changed = () => {}
    const tools = await toolsFromMCP(client, { onListChanged: () => changed() })
    listed.push({ name: 'b', run: () => text('b') })
    await new Promise<void>((resolve) => {
      changed = resolve
      void raw.fallbackNotificationHandler?.({ method: 'notifications/tools/list_changed' })
    })
    assert.equal(tools.map(({ name }) => name).join(), 'a,b')
    assert.equal(tools.definitions.length, 2)
    await tools.close()
    assert.equal(raw.fallbackNotificationHandler, undefined)
  })
}
