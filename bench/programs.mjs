/** One streamed chat as a user writes it: what is bundled, started and type-checked of each contender. */
import { existsSync, mkdirSync, mkdtempSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

export const HERE = fileURLToPath(new URL('.', import.meta.url))
export const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** A folder for a short while: where packages are found, and no other tool looks. */
export function createFolder() {
  const cache = `${HERE}node_modules/.cache`
  mkdirSync(cache, { recursive: true })
  return mkdtempSync(`${cache}/bench-`)
}

const chatOf = (create) => `
export const create = (fetch) => ${create}
export async function chat(llm) {
  let whole = ''
  for await (const text of llm.chat({ prompt: 'Hello', stream: true })) whole += text
  return whole
}`

const CONFIG = `{ model: 'gpt-4o', apiKey: 'sk-test', baseURL: 'http://localhost/v1', fetch, dangerouslyAllowBrowser: true`

/** Each exports `create(fetch)`, which makes a client, and `chat(client)`, which gives a text. */
export const CHATS = {
  'chatwire, one provider': `import { OpenAiLLM } from 'chatwire/providers/openai'
${chatOf(`new OpenAiLLM(${CONFIG} })`)}`,
  'chatwire, every provider': `import { getChatModel } from 'chatwire'
${chatOf(`getChatModel(${CONFIG}, modelServer: 'openai' })`)}`,
  openai: `import OpenAI from 'openai'
export const create = (fetch) =>
  new OpenAI({ apiKey: 'sk-test', baseURL: 'http://localhost/v1', fetch, dangerouslyAllowBrowser: true })
export async function chat(client) {
  const messages = [{ role: 'user', content: 'Hello' }]
  const stream = await client.chat.completions.create({ model: 'gpt-4o', messages, stream: true })
  let whole = ''
  for await (const chunk of stream) whole += chunk.choices[0]?.delta.content ?? ''
  return whole
}`,
  xsai: `import { streamText } from '@xsai/stream-text'
export const create = (fetch) => ({ apiKey: 'sk-test', baseURL: 'http://localhost/v1', fetch, model: 'gpt-4o' })
export async function chat(options) {
  const { textStream } = streamText({ ...options, messages: [{ role: 'user', content: 'Hello' }] })
  let whole = ''
  for await (const text of textStream) whole += text
  return whole
}`,
  ai: `import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { streamText } from 'ai'
export const create = (fetch) =>
  createOpenAICompatible({ name: 'x', apiKey: 'sk-test', baseURL: 'http://localhost/v1', fetch })('gpt-4o')
export async function chat(model) {
  let whole = ''
  for await (const text of streamText({ model, prompt: 'Hello' }).textStream) whole += text
  return whole
}`,
  LangChain: `import { ChatOpenAI } from '@langchain/openai'
export const create = (fetch) =>
  new ChatOpenAI({ model: 'gpt-4o', apiKey: 'sk-test', configuration: { baseURL: 'http://localhost/v1', fetch } })
export async function chat(llm) {
  let whole = ''
  for await (const { content } of await llm.stream('Hello')) whole += content
  return whole
}`,
}

/** chatwire is not installed here: its names stand for a build. */
const ownPackage = (dist) => ({
  name: 'own-package',
  setup(bundler) {
    bundler.onResolve({ filter: /^chatwire(\/|$)/ }, ({ path }) => {
      const file = `${dist}${path.slice('chatwire/'.length) || 'index'}.js`
      return existsSync(file) ? { path: file } : { errors: [{ text: `There is no ${file}` }] }
    })
  },
})

/** A program in one file without imports, minified. @param {string} program @param {string} [dist] the build it takes */
export async function bundle(program, dist = `${ROOT}dist/`) {
  const result = await build({ ...optionsOf(program, dist), write: false })
  return result.outputFiles[0].text
}

/** Writes it as bundlers do that split code: what is on demand is in files of its own. The first is `stdin.mjs`. */
export async function bundleSplit(program, outdir) {
  const options = optionsOf(program, `${ROOT}dist/`)
  await build({ ...options, splitting: true, outdir, outExtension: { '.js': '.mjs' } })
}

const optionsOf = (program, dist) => ({
  stdin: { contents: program, resolveDir: HERE },
  // That of this project is not for installed packages: its `strict` would add "use strict" to each part of ours alone.
  tsconfigRaw: '{}',
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'browser',
  logLevel: 'error',
  plugins: [ownPackage(dist)],
})
