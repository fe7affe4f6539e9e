import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { publint } from 'publint'
import { expect, test } from 'vitest'
import { root } from './project.ts'

const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))

test('the package has exactly the allowed dependencies', () => {
  expect(Object.keys(manifest.dependencies)).toEqual(['eventsource-parser', 'ky', 'valibot'])
})

test('package.json, the READMEs and CI promise the same Node', () => {
  const read = (file: string) => readFileSync(`${root}${file}`, 'utf8')
  const minimum = /^>=(\d+)$/.exec(manifest.engines.node)?.[1]
  for (const file of ['README.md', 'README.zh-CN.md']) {
    const page = read(file)
    expect(page).toContain(`npm install chatwire # Node ${minimum} or later`)
    expect(page).toMatch(new RegExp(`^\\| node ${minimum} \\|`, 'm'))
    expect(page).toMatch(/^\| node 20 ?[(（]/m) // marked: tested, not supported
  }
  expect(read('CONTRIBUTING.md')).toContain(`Node ${minimum} or later`)
  expect(read('.github/workflows/ci.yml')).toContain(`node-version: ${minimum}\n`)
})

test('publint finds no problem', async () => {
  const { messages } = await publint({ pkgDir: root, strict: true })
  expect(messages).toEqual([])
})

test('the types of every entry resolve under every ESM resolution', () => {
  const attw = `${root}node_modules/@arethetypeswrong/cli/dist/index.js`
  const profile = ['--profile', 'esm-only', '--no-color', '--no-emoji', '--format', 'ascii']
  // Throws for exit code 1: a problem.
  execFileSync(process.execPath, [attw, '--pack', root, ...profile], {
    encoding: 'utf8',
    cwd: root,
    env: { ...process.env, npm_config_ignore_scripts: 'true' },
  })
}, 180_000)

test('a hello world costs the type checker under 1,000 types and 100 instantiations', () => {
  const cost = costOf(`import { getChatModel } from 'chatwire'
const llm = getChatModel({ model: 'qwen-max', modelServer: 'dashscope' })
for await (const text of llm.chat({ prompt: 'Hello', stream: true })) text.trim()
export const { usage } = await llm.chat('Hello')
`)
  expect(cost.types).toBeGreaterThan(100) // otherwise nothing was resolved
  expect(cost.types).toBeLessThan(1000)
  expect(cost.instantiations).toBeLessThan(100)
}, 180_000)

/** Returns the cost of a program beyond an empty one. */
function costOf(program: string): { types: number; instantiations: number } {
  const [full, empty] = [diagnose(program), diagnose('export {}\n')]
  const more = (name: string) => read(full, name) - read(empty, name)
  return { types: more('Types'), instantiations: more('Instantiations') }
}

function read(diagnostics: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(diagnostics)?.[1])
}

function diagnose(program: string): string {
  // Inside the project, so that `chatwire` resolves, and where no other test lists files.
  mkdirSync(`${root}.vitest`, { recursive: true })
  const folder = mkdtempSync(`${root}.vitest/hello-`)
  try {
    writeFileSync(`${folder}/hello.ts`, program)
    const compilerOptions = {
      noEmit: true,
      strict: true,
      skipLibCheck: true,
      module: 'esnext',
      target: 'es2022',
      moduleResolution: 'bundler',
      types: [],
      lib: ['es2022', 'dom'],
    }
    const config = { compilerOptions, files: ['hello.ts'] }
    writeFileSync(`${folder}/tsconfig.json`, JSON.stringify(config))
    const tsc = `${root}node_modules/typescript/lib/tsc.js`
    return execFileSync(process.execPath, [tsc, '-p', folder, '--extendedDiagnostics'], {
      encoding: 'utf8',
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}
