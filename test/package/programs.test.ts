import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, inject, onTestFinished, test } from 'vitest'
import { environment, ROOT, run, tool } from './run.ts'
import { JOKE, KEY, serveModel, STALLED } from './servers.ts'

const project = inject('project')

/** Starts a program and collects its output. */
function start(file: string, parameters: readonly string[], cwd: string, env: NodeJS.ProcessEnv) {
  const program = spawn(file, parameters, { cwd, env })
  onTestFinished(() => void program.kill('SIGKILL'))
  let output = ''
  program.stdout.on('data', (bytes) => (output += String(bytes)))
  program.stderr.on('data', (bytes) => (output += String(bytes)))
  const shows = (text: string) => expect.poll(() => output, { timeout: 30_000 }).toContain(text)
  return { program, shows, output: () => output, ended: once(program, 'exit') }
}

test('examples/failover runs in Node, and the second model ends what the first one began', async () => {
  const cut = { text: JOKE, fault: { kind: 'cut' as const, after: 3 } }
  const first = await serveModel('dashscope', { script: cut })
  const key = 'id12345.secret67890'
  const second = await serveModel('zhipu', { key })
  const { stdout, stderr } = await run(process.execPath, ['failover/main.mjs', 'Hi'], {
    cwd: project,
    env: environment({
      DASHSCOPE_BASE_URL: `${first.url}/api/v1`,
      DASHSCOPE_API_KEY: KEY,
      ZHIPU_BASE_URL: `${second.url}/api/paas/v4`,
      ZHIPU_API_KEY: key,
    }),
  })
  expect(stdout.split('\n')[0]).toBe(JOKE)
  expect(stderr).toContain('[zhipu: continue]')
  expect(stdout).toMatch(/^\(zhipu answered: dashscope \w+, zhipu ok\)$/m)
})

test('examples/vision runs in Node, and the picture arrives', async () => {
  const { url, requests } = await serveModel('dashscope')
  const png = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  )
  await writeFile(path.join(project, 'dot.png'), png)
  const { stdout } = await run(process.execPath, ['vision/main.mjs', 'dot.png', 'What is it?'], {
    cwd: project,
    env: environment({ DASHSCOPE_BASE_URL: `${url}/api/v1`, DASHSCOPE_API_KEY: KEY }),
  })
  expect(stdout.split('\n')[0]).toBe(JOKE)
  expect(requests[0]?.body.input.messages).toEqual([
    {
      role: 'user',
      content: [
        { image: `data:image/png;base64,${png.toString('base64')}` },
        { text: 'What is it?' },
      ],
    },
  ])
})

test.each([
  ['yes', 'notes.txt is deleted'],
  ['no', 'The user said no'],
])('examples/tool-approval runs in Bun, and "%s" is what the tool says', async (answer, result) => {
  const toolCalls = [{ name: 'delete_file', arguments: { path: 'notes.txt' } }]
  const { url, requests } = await serveModel('dashscope', { script: [{ toolCalls }, JOKE] })
  const env = environment({ DASHSCOPE_BASE_URL: `${url}/api/v1`, DASHSCOPE_API_KEY: KEY })
  const asked = start(tool('.bin/bun'), ['tool-approval/main.ts'], project, env)
  await asked.shows('Delete notes.txt? (yes/no)')
  asked.program.stdin.write(`${answer}\n`)
  await asked.shows(JOKE)
  expect(await asked.ended).toEqual([0, null])
  expect(requests[1]?.body.input.messages.at(-1)).toMatchObject({
    role: 'tool',
    content: expect.stringContaining(result),
  })
})

test('examples/terminal-chat remembers, and keeps half of a stopped answer', async () => {
  const { url, requests } = await serveModel('dashscope', { script: [JOKE, STALLED, JOKE] })
  const env = environment({ DASHSCOPE_BASE_URL: `${url}/api/v1`, DASHSCOPE_API_KEY: KEY })
  const chat = start(process.execPath, ['terminal-chat/main.mjs'], project, env)
  chat.program.stdin.write('One\n')
  await chat.shows(`${JOKE}\n`)
  chat.program.stdin.write('Two\n')
  await chat.shows('\n> Why do')
  chat.program.stdin.end()
  await expect.poll(() => requests.length).toBe(2)
  expect(requests[1]?.body.input.messages).toEqual([
    { role: 'system', content: 'Answer briefly.' },
    { role: 'user', content: 'One' },
    { role: 'assistant', content: JOKE },
    { role: 'user', content: 'Two' },
  ])
})

test('examples/hono-server runs in Bun, for a page and for a client of the OpenAI format', async () => {
  const model = await serveModel('dashscope')
  const env = environment({
    DASHSCOPE_BASE_URL: `${model.url}/api/v1`,
    DASHSCOPE_API_KEY: KEY,
    APP_TOKEN: 'of-the-app',
    PORT: '0',
  })
  const server = start(tool('.bin/bun'), ['examples/hono-server/main.ts'], ROOT, env)
  await server.shows('http://localhost:')
  const url = /http:\/\/localhost:\d+/.exec(server.output())?.[0] as string
  const headers = { authorization: 'Bearer of-the-app', 'content-type': 'application/json' }
  const page = await fetch(`${url}/api/chat`, { method: 'POST', headers, body: 'Hi' })
  expect(await page.text()).toBe(JOKE)
  const body = JSON.stringify({ model: 'fast', messages: [{ role: 'user', content: 'Hi' }] })
  const client = await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body })
  expect((await client.json()).choices[0].message.content).toBe(JOKE)
  const stranger = await fetch(`${url}/api/chat`, { method: 'POST', body: 'Hi' })
  expect(stranger.status).toBe(401)
})
