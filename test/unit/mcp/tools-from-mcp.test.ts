import { describe, expect, test } from 'vitest'
import { toolsFromMCP } from '../../../src/mcp.ts'
import { toPieces } from '../../../src/mcp/content.ts'
import { AnthropicLLM } from '../../../src/providers/anthropic.ts'
import { GeminiLLM } from '../../../src/providers/gemini.ts'
import { OpenAiLLM } from '../../../src/providers/openai.ts'
import { OpenAiResponsesLLM } from '../../../src/providers/openai-responses.ts'
import { failover } from '../../../src/failover/failover.ts'
import { simulate } from '../../../src/testing.ts'
import { runTools } from '../../../src/tools/run-tools.ts'
import { failure } from '../helpers.ts'
import { connect } from './servers.ts'

const wrong = (message: RegExp) => ({
  code: 'invalid_config',
  message: expect.stringMatching(message),
})

describe.each([1, 2] as const)('SDK of major version %i', (major) => {
  /** A run in which the model calls these tools, then ends. */
  async function run(names: string[], options: object = {}, more: object = {}) {
    const { client, seen } = await connect(major)
    const tools = await toolsFromMCP(client, options)
    const toolCalls = names.map((name) => ({
      name,
      arguments: name === 'get_weather' ? { city: 'Oslo' } : {},
    }))
    const server = simulate('openai', [{ toolCalls }, 'Done'])
    const llm = new OpenAiLLM({
      model: 'gpt-4o',
      modelServer: 'openai',
      apiKey: 'test',
      fetch: server,
    })
    const { steps } = await runTools(llm, { prompt: 'Hi', tools, ...more })
    return { results: steps[0]?.toolResults ?? [], seen, server, tools }
  }

  test('lists all pages, with safe names, schemas and hints', async () => {
    const { client } = await connect(major)
    const tools = await toolsFromMCP(client)
    expect(tools.map(({ name }) => name)).toEqual([
      'get_weather',
      'structured',
      'fails',
      'picture',
      'sound',
      'links',
      'long',
      'slow',
      'hangs',
      'broken',
    ])
    expect(tools[0]).toMatchObject({
      originalName: 'get.weather',
      description: 'Tells the weather',
      annotations: { readOnlyHint: true },
      parameters: { required: ['city'] },
    })
    expect(tools[1]?.outputSchema).toMatchObject({
      properties: { temperature: { type: 'number' } },
    })
    expect(tools.definitions[0]).toMatchObject({
      type: 'function',
      function: { name: 'get_weather', parameters: { required: ['city'] } },
    })
  })

  test('text, structured content, links and embedded resources reach the model', async () => {
    const { results, seen } = await run(['get_weather', 'structured', 'links'])
    expect(seen.calls[0]).toEqual({ name: 'get.weather', arguments: { city: 'Oslo' } })
    expect(results.map(({ content }) => content)).toEqual([
      '21 °C',
      '{"temperature":21}',
      [
        '[resource link: a.md, file:///a.md, text/markdown]',
        'file:///b.md:\n# B',
        '[application/octet-stream, file:///c.bin, 3 bytes]',
        '[application/pdf, file:///d.pdf, 3 bytes]',
      ].join('\n'),
    ])
    expect(results[1]?.output).toMatchObject({ structuredContent: { temperature: 21 } })
  })

  test('failed results and broken servers are failed calls', async () => {
    const { results } = await run(['fails', 'broken'])
    expect(results[0]).toMatchObject({
      content: 'Error: The tool "fails" failed: no such city',
      error: { code: 'tool_failed' },
    })
    expect(results[1]?.content).toMatch(/The tool "broken" failed: .*the server broke/)
  })

  test('progress is passed on and starts the timeout again', async () => {
    const reports: unknown[] = []
    const onProgress = ({ progress, total }: any, { name }: any) =>
      void reports.push([name, progress, total])
    const { results } = await run(['slow'], { timeout: 150, onProgress })
    expect(results[0]?.content).toBe('done')
    expect(reports).toEqual([1, 2, 3, 4].map((progress) => ['slow', progress, 4]))
  })

  test('a call that hangs times out, and the server is told', async () => {
    const { results, seen } = await run(['hangs'], { timeout: 50 })
    expect(results[0]).toMatchObject({
      content: expect.stringMatching(/timed out/i),
      error: { code: 'tool_failed' },
    })
    await expect.poll(() => seen.cancelled).toBe(1)
    const limited = await run(['hangs'], {}, { toolTimeout: 50 })
    expect(limited.results[0]?.content).toContain('did not finish within 50 ms')
    await expect.poll(() => limited.seen.cancelled).toBe(1)
  })

  test('the end of the run cancels the call', async () => {
    const { client, seen } = await connect(major)
    const tools = await toolsFromMCP(client)
    const fetch = simulate('openai', { toolCalls: [{ name: 'hangs', arguments: {} }] })
    const llm = new OpenAiLLM({ model: 'gpt-4o', modelServer: 'openai', apiKey: 'test', fetch })
    const controller = new AbortController()
    const running = runTools(llm, { prompt: 'Hi', tools, signal: controller.signal })
    await expect.poll(() => seen.calls.length).toBe(1)
    controller.abort(new Error('enough'))
    await expect(running).rejects.toThrow('enough')
    await expect.poll(() => seen.cancelled).toBe(1)
  })

  test('long results are cut', async () => {
    const { results } = await run(['long'], { maxResultSize: 10 })
    expect(results[0]?.content).toBe('xxxxxxxxxx (cut at 10 characters)')
  })

  test('media are parts where the vendor takes them in results, else text', async () => {
    const { client } = await connect(major)
    const tools = await toolsFromMCP(client)
    const script = [
      {
        toolCalls: [
          { name: 'picture', arguments: {} },
          { name: 'sound', arguments: {} },
          { name: 'links', arguments: {} },
        ],
      },
      'Done',
    ]
    const config = { apiKey: 'test' }
    const claude = simulate('anthropic', script)
    const responses = simulate('openai_responses', script)
    const openai = simulate('openai', script)
    const gemini = simulate('gemini', script)
    const earlier = simulate('gemini', script)
    const models = [
      new AnthropicLLM({
        ...config,
        model: 'claude-opus-4-5',
        modelServer: 'anthropic',
        fetch: claude,
      }),
      new OpenAiResponsesLLM({ ...config, model: 'gpt-5', fetch: responses }),
      new OpenAiLLM({ ...config, model: 'gpt-4o', modelServer: 'openai', fetch: openai }),
      new GeminiLLM({ ...config, model: 'gemini-3-pro-preview', fetch: gemini }),
      new GeminiLLM({ ...config, model: 'gemini-2.5-flash', fetch: earlier }),
    ]
    for (const llm of models)
      expect(String(await runTools(llm, { prompt: 'Hi', tools }))).toBe('Done')
    const blocks = claude.requests[1]?.body.messages.at(-1).content
    expect(blocks[0].content).toMatchObject([
      { type: 'text', text: 'A dot' },
      { type: 'image', source: { type: 'base64', media_type: 'image/png' } },
    ])
    expect(JSON.stringify(blocks[1].content)).toContain('[audio/wav, 3 bytes]')
    const [seen, heard] = gemini.requests[1]?.body.contents.at(-1).parts ?? []
    expect(seen.functionResponse).toMatchObject({
      response: { result: 'A dot' },
      parts: [{ inlineData: { mimeType: 'image/png' } }],
    })
    expect(heard.functionResponse.response.result).toContain('[audio/wav, 3 bytes]')
    const [described] = earlier.requests[1]?.body.contents.at(-1).parts ?? []
    expect(described.functionResponse).not.toHaveProperty('parts')
    expect(described.functionResponse.response.result).toContain('[image/png, ')
    expect(blocks[2].content.at(-1)).toMatchObject({ type: 'document' })
    const [picture, sound] = responses.requests[1]?.body.input.slice(-3) ?? []
    expect(picture.output).toMatchObject([
      { type: 'input_text', text: 'A dot' },
      { type: 'input_image', image_url: expect.stringMatching(/^data:image\/png;base64,/) },
    ])
    expect(sound.output).toBe('[audio/wav, 3 bytes]')
    expect(openai.requests[1]?.body.messages.at(-3).content).toBe('A dot\n[image/png, 68 bytes]')
    expect(failover(models).toolResultParts()).toEqual([])
    expect(failover(models.slice(0, 2)).toolResultParts()).toEqual(['image_url', 'file'])
    const small = await toolsFromMCP(client, { maxMediaSize: 10 })
    claude.use(script)
    await runTools(models[0] as AnthropicLLM, { prompt: 'Hi', tools: small })
    expect(JSON.stringify(claude.requests.at(-1)?.body)).not.toContain('base64')
  })

  test('the list follows the server until it is closed', async () => {
    const added: object[] = []
    const { client, change } = await connect(major, () => added)
    let changes = 0
    const tools = await toolsFromMCP(client, { onListChanged: () => void changes++ })
    added.push({ name: 'new', inputSchema: { type: 'object' } })
    await change()
    await expect.poll(() => tools.map(({ name }) => name)).toContain('new')
    await expect.poll(() => changes).toBe(1)
    await tools.close()
    added.length = 0
    await change()
    await tools.refresh()
    expect(tools.map(({ name }) => name)).not.toContain('new')
    expect(changes).toBe(1)
  })

  test('a list that is closed no longer follows, while a later one of the same client does', async () => {
    const added: object[] = []
    const { client, change } = await connect(major, () => added)
    const changes = { first: 0, second: 0 }
    const first = await toolsFromMCP(client, { onListChanged: () => void changes.first++ })
    await toolsFromMCP(client, { onListChanged: () => void changes.second++ })
    await first.close()
    added.push({ name: 'new', inputSchema: { type: 'object' } })
    await change()
    await expect.poll(() => changes.second).toBe(1)
    expect(changes.first).toBe(0)
    expect(first.map(({ name }) => name)).not.toContain('new')
  })

  test('several servers: prefixes, or unique names', async () => {
    const [one, two] = [await connect(major), await connect(major)]
    const prefixed = await toolsFromMCP({ one: one.client, two: two.client })
    expect(prefixed.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['one_long', 'two_long']),
    )
    expect(prefixed.at(-1)).toMatchObject({ server: 'two', originalName: 'broken' })
    const listed = await toolsFromMCP([one.client, two.client])
    expect(listed.map(({ name }) => name)).toEqual(expect.arrayContaining(['long', 'long_2']))
    await listed.at(-4)?.execute?.({}, { signal: new AbortController().signal } as never)
    expect([one.seen.calls.length, two.seen.calls.length]).toEqual([0, 1])
  })

  test('clients that are not connected, and wrong options', async () => {
    const { client, end } = await connect(major)
    await expect(toolsFromMCP(client, { maxResultSize: -1 })).rejects.toMatchObject(
      wrong(/maxResultSize/),
    )
    await expect(toolsFromMCP(client, { limit: 1 } as never)).rejects.toMatchObject(
      wrong(/not a known/),
    )
    await expect(toolsFromMCP({} as never)).resolves.toHaveLength(0)
    await expect(toolsFromMCP('x' as never)).rejects.toMatchObject(wrong(/takes MCP clients/))
    await expect(toolsFromMCP({ a: {} } as never)).rejects.toMatchObject(
      wrong(/takes MCP clients, not "a"/),
    )
    await end()
    const fresh = { listTools() {}, callTool() {}, getServerCapabilities() {} }
    await expect(toolsFromMCP({ files: fresh } as never)).rejects.toMatchObject(
      wrong(/"files" is not connected/),
    )
  })
})

test.each([
  ['audio/mpeg', 'mp3'],
  ['audio/x-wav', 'wav'],
  ['audio/vnd.wave', 'wav'],
  ['audio/mp4', 'm4a'],
])('%s is %s, as servers call it', (mimeType, format) => {
  const [piece] = toPieces({ content: [{ type: 'audio', data: 'AAAA', mimeType }] })
  expect(piece?.media).toEqual({ type: 'input_audio', input_audio: { data: 'AAAA', format } })
})

test('a list that never ends is an error', async () => {
  let page = 0
  const endless = {
    getServerCapabilities: () => ({ tools: {} }),
    listTools: async () => ({ tools: [], nextCursor: `page ${page++}` }),
    callTool: async () => ({}),
  }
  expect((await failure(() => toolsFromMCP(endless))).message).toContain('more than 64 pages')
})

// https://github.com/modelcontextprotocol/java-sdk/issues/628
test.each(['', 'more', null])(
  'a list whose only page has the cursor %j ends',
  async (nextCursor) => {
    const page = ['a', 'b'].map((name) => ({ name, inputSchema: { type: 'object' } }))
    const server = {
      getServerCapabilities: () => ({ tools: {} }),
      listTools: async () => ({ tools: page, nextCursor }),
      callTool: async () => ({}),
    }
    expect((await toolsFromMCP(server)).map(({ name }) => name)).toEqual(['a', 'b'])
  },
)

// A cursor is any text: https://modelcontextprotocol.io/specification/2025-11-25/server/utilities/pagination
test('an empty cursor leads to the next page', async () => {
  const tool = (name: string) => ({ name, inputSchema: { type: 'object' } })
  const server = {
    getServerCapabilities: () => ({ tools: {} }),
    listTools: async (params?: { cursor: string }) =>
      params ? { tools: [tool('b')] } : { tools: [tool('a')], nextCursor: '' },
    callTool: async () => ({}),
  }
  expect((await toolsFromMCP(server)).map(({ name }) => name)).toEqual(['a', 'b'])
})

// hermes-agent #7048, and the words that a server writes for the model stand alone: kimi-code #3234
test.each([
  [{ content: [{ type: 'text', text: ' \n' }], structuredContent: { a: 1 } }, ['{"a":1}']],
  [{ content: [], structuredContent: null }, ['null']],
  [{ content: [], structuredContent: 0 }, ['0']],
  [{ content: [{ type: 'text', text: '1 item' }], structuredContent: { a: 1 } }, ['1 item']],
  [{ content: [{ type: 'text', text: '' }] }, ['']],
])('structured content stands in for content without words: %j', (result, texts) => {
  expect(toPieces(result).map(({ text }) => text)).toEqual(texts)
})
