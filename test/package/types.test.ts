import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type TypeScript from 'typescript'
import { expect, inject, test } from 'vitest'
import { run, tool } from './run.ts'

const project = inject('project')
const PAGE = ['es2022', 'dom', 'dom.iterable']

/** The oldest and the newest of each major version, each with what a user may have set. */
const COMPILERS = {
  'TypeScript 5.4': 'typescript5.4',
  'TypeScript 5.9': 'typescript5',
  'TypeScript 6': 'typescript',
  'TypeScript 7': 'typescript7',
}
const RESOLUTIONS = { bundler: 'esnext', node16: 'node16', nodenext: 'nodenext' }

/** Type-checks files as strictly as it goes, the package's own declarations included. */
async function check(
  compiler: string,
  files: string[],
  options: Record<string, unknown>,
): Promise<void> {
  const compilerOptions = {
    noEmit: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noUnusedLocals: true,
    verbatimModuleSyntax: true,
    // The package's own declarations are checked; TypeScript's are left out, which take it seconds.
    skipLibCheck: false,
    skipDefaultLibCheck: true,
    target: 'es2022',
    module: 'nodenext',
    lib: PAGE,
    types: [],
    typeRoots: [tool('@types')],
    ...options,
  }
  const name = `tsconfig.${expect.getState().currentTestName?.replace(/\W+/g, '-')}.json`
  await writeFile(path.join(project, name), JSON.stringify({ compilerOptions, files }))
  const tsc = tool(`${compiler}/bin/tsc`)
  await run(process.execPath, [tsc, '-p', name, '--pretty', 'false'], { cwd: project })
}

for (const [version, compiler] of Object.entries(COMPILERS)) {
  for (const [moduleResolution, module] of Object.entries(RESOLUTIONS)) {
    test(`${version} finds the types of every entry with ${moduleResolution}`, async () => {
      await check(compiler, ['types.ts'], { module, moduleResolution })
    })
  }
}

for (const [version, compiler] of Object.entries(COMPILERS)) {
  test(`${version} names the wrong member of a config`, async () => {
    // Not named .ts in the repository, where it must not be checked.
    const source = await readFile(path.join(project, 'mistakes.txt'), 'utf8')
    await writeFile(path.join(project, 'mistakes.ts'), source)
    const output = await check(compiler, ['mistakes.ts'], {}).then(
      () => 'no errors',
      ({ message }: Error) => message,
    )
    const wanted = source.split('\n').flatMap((line, index) => {
      const pattern = / \/\/ ('.*)$/.exec(line)?.[1]
      return pattern ? [{ line: index + 1, pattern }] : []
    })
    expect(wanted.length).toBeGreaterThan(10)
    const found = new Map(
      output.split(/^mistakes\.ts\(/m).map((text) => [Number.parseInt(text), text]),
    )
    for (const { line, pattern } of wanted)
      expect(found.get(line) ?? 'no error', `line ${line}`).toMatch(new RegExp(pattern))
    expect(output).not.toContain("'model' does not exist")
    expect([...found.keys()].filter((line) => line > 0)).toEqual(wanted.map(({ line }) => line))
  })
}

test.each(['typescript5', 'typescript'])('editors complete servers with %s', async (compiler) => {
  const ts: typeof TypeScript = (await import(compiler)).default
  const file = path.join(project, 'completions.ts')
  const program = `import { getChatModel } from 'chatwire'
getChatModel({ model: 'a', modelServer: '' })
getChatModel({ model: 'a', model_server: '' })
getChatModel('')
`
  const service = ts.createLanguageService({
    getScriptFileNames: () => [file],
    getScriptVersion: () => '1',
    getScriptSnapshot: (name) => {
      const text = name === file ? program : ts.sys.readFile(name)
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text)
    },
    getCurrentDirectory: () => project,
    getCompilationSettings: () => ({ module: ts.ModuleKind.NodeNext, strict: true }),
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: (name) => name === file || ts.sys.fileExists(name),
    readFile: ts.sys.readFile,
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
  })
  const complete = (before: string) => {
    const at = program.indexOf(`${before}''`) + before.length + 1
    return service.getCompletionsAtPosition(file, at, {})?.entries.map(({ name }) => name)
  }
  const servers = expect.arrayContaining(['dashscope', 'zhipu', 'openai', 'vllm-server']) as unknown
  expect(complete('modelServer: ')).toEqual(servers)
  expect(complete('model_server: ')).toEqual(servers)
  const names = expect.arrayContaining(['dashscope:', 'zhipu:', 'openai:']) as unknown
  expect(complete('getChatModel(')).toEqual(names)
})

// What does not hang on the version is asked of the faster one.
test('the types need those of a page, a worker or Node, and no others', async () => {
  await check('typescript7', ['types.ts'], { lib: ['es2022', 'webworker', 'webworker.iterable'] })
  await check('typescript7', ['types.ts'], { lib: ['es2022'], types: ['node'] })
})

test('the `env` of a Worker may be an interface', async () => {
  await check('typescript7', ['worker-env.ts'], {})
})

test('the examples for bundlers, Workers, Bun and Node type-check', async () => {
  const bundler = { module: 'esnext', moduleResolution: 'bundler' }
  await check('typescript7', ['vite-app/main.ts', 'page.ts'], bundler)
  await check('typescript7', ['cloudflare-worker/worker.ts'], { lib: ['es2022', 'webworker'] })
  const node = { lib: ['es2023'], types: ['node'], allowJs: true }
  const files = ['custom-provider/main.ts', 'local-vllm/main.mjs', 'prompted-tools/main.ts']
  await check('typescript7', [...files, 'tools/main.ts', 'objects/main.mjs'], node)
})
