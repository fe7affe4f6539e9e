/** Measures what a hello world costs the type checker beyond an empty program. */
import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createFolder, ROOT } from './programs.mjs'
import { tell } from './result.mjs'

const PROGRAMS = {
  chatwire: `import { getChatModel } from '${ROOT}dist/index.js'
const llm = getChatModel({ model: 'qwen-max', modelServer: 'dashscope' })
for await (const text of llm.chat({ prompt: 'Hello', stream: true })) text.trim()`,
  openai: `import OpenAI from 'openai'
const client = new OpenAI()
const messages = [{ role: 'user' as const, content: 'Hello' }]
const stream = await client.chat.completions.create({ model: 'gpt-4o', messages, stream: true })
for await (const chunk of stream) chunk.choices[0]?.delta.content?.trim()`,
  xsai: `import { streamText } from '@xsai/stream-text'
const messages = [{ role: 'user' as const, content: 'Hello' }]
const { textStream } = streamText({ baseURL: 'http://localhost/v1', model: 'gpt-4o', messages })
textStream.getReader()`,
  ai: `import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { streamText } from 'ai'
const provider = createOpenAICompatible({ name: 'x', baseURL: 'http://localhost/v1' })
for await (const text of streamText({ model: provider('gpt-4o'), prompt: 'Hello' }).textStream) text.trim()`,
  LangChain: `import { ChatOpenAI } from '@langchain/openai'
const llm = new ChatOpenAI({ model: 'gpt-4o' })
for await (const { text } of await llm.stream('Hello')) text.trim()`,
}
const require = createRequire(`${ROOT}package.json`)
const TSC = require.resolve('typescript/lib/tsc.js')

function diagnose(program) {
  const folder = createFolder()
  try {
    const compilerOptions = {
      noEmit: true,
      strict: true,
      skipLibCheck: true,
      module: 'esnext',
      target: 'es2022',
      moduleResolution: 'bundler',
      types: [],
      lib: ['es2022', 'dom', 'dom.iterable', 'dom.asynciterable'],
    }
    writeFileSync(`${folder}/hello.ts`, `${program}\nexport {}\n`)
    writeFileSync(
      `${folder}/tsconfig.json`,
      JSON.stringify({ compilerOptions, files: ['hello.ts'] }),
    )
    return execFileSync(process.execPath, [TSC, '-p', folder, '--extendedDiagnostics'], {
      encoding: 'utf8',
      maxBuffer: 1e8,
    })
  } catch (error) {
    throw new Error(error.stdout, { cause: error })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const read = (diagnostics, name) =>
  Number(new RegExp(`^${name}:\\s+([\\d.]+)`, 'm').exec(diagnostics)[1])

const NAMES = ['Types', 'Instantiations', 'Files', 'Check time']
const empty = diagnose('')
const rows = Object.entries(PROGRAMS).map(([name, program]) => {
  const full = diagnose(program)
  return [name, ...NAMES.map((one) => Number((read(full, one) - read(empty, one)).toFixed(2)))]
})
tell({
  title: 'Type-check cost of a hello world',
  note: `TypeScript ${require('typescript/package.json').version}, beyond an empty program; declarations are not checked (\`skipLibCheck\`).`,
  head: ['', 'types', 'instantiations', 'files', 'check time, s'],
  rows,
  figures: [
    { what: 'types of a hello world', value: rows[0][1], limit: 1000 },
    { what: 'instantiations of a hello world', value: rows[0][2], limit: 100 },
  ],
})
