import { readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, inject, test } from 'vitest'
import { environment, ROOT, run, tool } from './run.ts'
import { JOKE, KEY, serve, serveModel } from './servers.ts'

const project = inject('project')
const read = async (file: string) => JSON.parse(await readFile(path.join(ROOT, file), 'utf8'))

/** Needs its optional peer, which this project does not install. */
const OTEL = './otel'

test('Node imports every entry of the tarball, and the package.json', async () => {
  const entries = Object.keys((await read('package.json')).exports).filter((each) => each !== OTEL)
  const names = entries.map((entry) => path.posix.join('chatwire', entry))
  const program = `for (const name of ${JSON.stringify(names)}) {
    const entry = await import(name, name.endsWith('.json') ? { with: { type: 'json' } } : {})
    console.log(Object.keys(entry).length > 0 ? name : name + ' is empty')
  }`
  await writeFile(path.join(project, 'entries.mjs'), program)
  const { stdout } = await run(process.execPath, ['--no-warnings', 'entries.mjs'], { cwd: project })
  expect(stdout.trim().split('\n')).toEqual(names)
})

test('an entry without its optional peer names it', async () => {
  const program = `await import('chatwire/otel')`
  const ran = run(process.execPath, ['--input-type=module', '-e', program], { cwd: project })
  await expect(ran).rejects.toThrow("Cannot find package '@opentelemetry/api'")
})

test('examples/local-vllm runs in Node', async () => {
  const { url, requests } = await serveModel('openai', { key: false })
  const env = environment({ VLLM_BASE_URL: `${url}/v1`, VLLM_MODEL: 'Qwen/Qwen3-8B' })
  const { stdout } = await run(process.execPath, ['local-vllm/main.mjs', 'Hi'], {
    cwd: project,
    env,
  })
  expect(stdout.split('\n')[0]).toBe(JOKE)
  expect(stdout).toMatch(/^\(\d+ \+ \d+ tokens\)$/m)
  const [streamed, whole] = requests
  expect(streamed?.body).toMatchObject({
    model: 'Qwen/Qwen3-8B',
    messages: [{ role: 'user', content: 'Hi' }],
    stream: true,
    min_p: 0.05,
    top_k: 20,
    repetition_penalty: 1.05,
  })
  expect(whole?.body).toMatchObject({ structured_outputs: { choice: ['yes', 'no'] } })
  expect(whole?.body.messages[1]).toMatchObject({ role: 'assistant', content: JOKE })
})

test('examples/ollama runs in Node, and gets the model first', async () => {
  const script = { reasoning: 'They want a joke.', text: JOKE }
  const { url, requests } = await serveModel('ollama', { key: false, script })
  const { stdout, stderr } = await run(process.execPath, ['ollama/main.mjs', 'Hi'], {
    cwd: project,
    env: environment({ OLLAMA_HOST: url.replace('http://', '') }),
  })
  expect(stdout.split('\n')[0]).toBe(JOKE)
  expect(stdout).toMatch(/^\(\d+ \+ \d+ tokens\)$/m)
  expect(stderr).toMatch(/pulling manifest[^]*33 %[^]*100 %[^]*success[^]*They want a joke\./)
  expect(requests.map((request) => new URL(request.url).pathname)).toEqual([
    '/api/tags',
    '/api/pull',
    '/api/chat',
  ])
  expect(requests[2]?.body).toMatchObject({
    think: true,
    keep_alive: '10m',
    options: { num_ctx: 8192, min_p: 0.05 },
  })
})

test('examples/ollama reports a server that is not running', async () => {
  const env = environment({ OLLAMA_HOST: '127.0.0.1:9' })
  const ran = run(process.execPath, ['ollama/main.mjs', 'Hi'], { cwd: project, env })
  await expect(ran).rejects.toThrow(/connection_failed: .*Is Ollama running there/)
})

test('examples/prompted-tools runs in Bun', async () => {
  const call = 'I look.\nAction: weather\nAction Input: {"city": "Oslo"}\nObservation: 90 °C'
  const { url, requests } = await serveModel('openai', { key: false, script: [call, JOKE] })
  const env = environment({ BASE_URL: `${url}/v1` })
  const bun = tool('.bin/bun')
  const { stdout } = await run(bun, ['prompted-tools/main.ts', 'Hi'], { cwd: project, env })
  expect(stdout).toBe(`I look.\n[weather {"city":"Oslo"}: 20 °C]\n${JOKE}\n`)
  const [first, second] = requests.map((request) => request.body)
  expect(first).toMatchObject({ stop: ['Observation:'] })
  expect(first.tools).toBeUndefined()
  expect(second.messages.at(-1).content).toMatch(
    /Action: weather\nAction Input: \{"city": "Oslo"\}\nObservation: <result>20 °C<\/result>\nAnswer:$/,
  )
})

test('examples/objects runs in Node, and has what is not valid repaired', async () => {
  const texts = ['{"items":["apples"],"total":"3 €"}', '{"items":["apples"],"total":3}']
  const { url, requests } = await serveModel('openai', { script: texts })
  const env = environment({ BASE_URL: `${url}/v1`, MODEL: 'gpt-4.1-mini', OPENAI_API_KEY: KEY })
  const { stdout } = await run(process.execPath, ['objects/main.mjs', 'Apples'], {
    cwd: project,
    env,
  })
  const lines = stdout.trim().split('\n')
  expect(lines.at(-2)).toBe(texts[0])
  expect(lines.at(-1)).toMatch(/^Paid 3 with \d+ tokens in 2$/)
  const format = { type: 'json_schema', json_schema: { schema: { required: ['items', 'total'] } } }
  expect(requests.map(({ body }) => body)).toMatchObject([
    { stream: true, response_format: format },
    // The schema is in the messages too: a local server only constrains the grammar.
    {
      messages: [{ role: 'system' }, { role: 'user' }, { role: 'assistant' }, { role: 'user' }],
    },
  ])
})

test('examples/custom-provider runs in Bun', async () => {
  const asked: unknown[] = []
  const url = await serve(async (request) => {
    asked.push([new URL(request.url).pathname, await request.json()])
    const lines = JOKE.match(/\S+\s*/g)?.map((content) => ({ message: { content }, done: false }))
    const whole = [...(lines ?? []), { message: { content: '' }, done: true }]
    return new Response(whole.map((line) => `${JSON.stringify(line)}\n`).join(''))
  })
  const bun = tool('.bin/bun')
  const env = environment({ OLLAMA_URL: url })
  const { stdout } = await run(bun, ['custom-provider/main.ts', 'Hi'], { cwd: project, env })
  expect(stdout).toMatch(/\n\(about \d+ tokens\)\n$/)
  expect(stdout.split('\n')[0]).toBe(JOKE)
  const body = { model: 'qwen3:0.6b', messages: [{ role: 'user', content: 'Hi' }] }
  expect(asked).toEqual([['/api/chat', expect.objectContaining(body)]])
})

test('examples/custom-provider says that a cut answer was cut', async () => {
  const url = await serve(() => new Response('{"message":{"content":"Why "},"done":false}\n'))
  const bun = tool('.bin/bun')
  const ran = run(bun, ['custom-provider/main.ts'], {
    cwd: project,
    env: environment({ OLLAMA_URL: url }),
  })
  await expect(ran).rejects.toThrow('Ollama stopped before it was done')
})

test('examples/tools runs in Bun', async () => {
  const ask = (zone: string) => ({ name: 'time', arguments: { zone } })
  const script = [{ toolCalls: [ask('Asia/Tokyo'), ask('Europe/Atlantis')] }, { text: JOKE }]
  const { url, requests } = await serveModel('dashscope', { script })
  const env = environment({ DASHSCOPE_BASE_URL: `${url}/api/v1`, DASHSCOPE_API_KEY: KEY })
  const { stdout } = await run(tool('.bin/bun'), ['tools/main.ts'], { cwd: project, env })
  expect(stdout).toMatch(/^\[time: \d.*M\]$/m)
  expect(stdout).toMatch(/^\[time: Error: The tool "time" failed: .*Atlantis.*\]$/m)
  expect(stdout).toContain(JOKE)
  expect(stdout).toMatch(/^\(2 steps, \d+ tokens\)$/m)
  expect(requests[1]?.body.input.messages.map(({ role }: { role: string }) => role)).toEqual([
    'user',
    'assistant',
    'tool',
    'tool',
  ])
})

test('the tarball holds what is imported, its types and its maps, and nothing else', async () => {
  const folder = path.join(project, 'node_modules/chatwire')
  const names = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = names
    .filter((each) => each.isFile())
    .map((each) => path.relative(folder, path.join(each.parentPath, each.name)))
  const expected =
    /^(LICENSE|README(\.zh-CN)?\.md|package\.json|dist\/([\w./-]+\.(js|js\.map|d\.ts)|(cdn\.min|valibot-converter)\.js\.LICENSE\.txt))$/
  expect(files.filter((file) => !expected.test(file))).toEqual([])
  expect(files).toEqual(
    expect.arrayContaining(['dist/cdn.min.js', 'dist/cdn.min.js.LICENSE.txt', 'LICENSE']),
  )
})
