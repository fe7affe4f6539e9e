/**
 * The guide "Time limits in each runtime": limits of undici's `Agent` apply to a chat through `fetch`, in each Node.
 */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ROOT } from '../runtimes/build.mjs'

const run = promisify(execFile)
const SILENCE = 3000
const frame = (content: string) =>
  `data: {"choices":[{"index":0,"delta":{"content":"${content}"}}]}\n\n`
const END = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'

/** Is silent before the headers, or in the body. */
function reply({ url }: IncomingMessage, response: ServerResponse): void {
  const begin = () => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write(frame('Hello'))
  }
  const end = () => response.end(frame(', world') + END)
  if (url?.startsWith('/headers')) setTimeout(() => (begin(), end()), SILENCE)
  else {
    begin()
    setTimeout(end, SILENCE)
  }
}

const server = createServer(reply)
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
afterAll(() => server.close())

const PROGRAM = `
import * as undici from 'undici'
import { getChatModel } from 'chatwire'
const [url, limit] = process.argv.slice(-2)
const dispatcher = new undici.Agent({ headersTimeout: Number(limit), bodyTimeout: Number(limit) })
const fetch = (url, init) => undici.fetch(url, { ...init, dispatcher })
const llm = getChatModel({ model: 'gpt-5-pro', modelServer: 'openai', apiKey: 'key', baseURL: url, fetch })
const show = ({ name, which, partial }) => ({ name, which, text: partial?.text })
const result = llm.chat({ prompt: 'Hi', stream: true }).result()
console.log(JSON.stringify(await result.then(({ text }) => text, show)))
await dispatcher.destroy()
`

// undici 8 does not load in Node 20.
const nodes = [22, 24, 26]
  .map((major) => path.join(ROOT, `test/runtimes/node/node_modules/node${major}/bin/node`))
  .filter((file) => existsSync(file))

test.each(nodes.length > 0 ? nodes : [process.execPath])('%s', async (node) => {
  const { port } = server.address() as AddressInfo
  const chat = async (silentIn: string, limit: number) => {
    const options = ['--input-type=module', '--eval', PROGRAM]
    const address = `http://127.0.0.1:${port}/${silentIn}`
    const { stdout } = await run(node, [...options, address, String(limit)], { cwd: ROOT })
    return JSON.parse(stdout)
  }
  const [longEnough, headers, body] = await Promise.all([
    chat('headers', 20_000),
    chat('headers', 1000),
    chat('body', 1000),
  ])
  expect(longEnough).toBe('Hello, world')
  expect(headers).toEqual({ name: 'TimeoutError', which: 'response', text: '' })
  expect(body).toEqual({ name: 'TimeoutError', which: 'idle', text: 'Hello' })
})
