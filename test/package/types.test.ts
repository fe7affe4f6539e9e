import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, inject, test } from 'vitest'
import { run, tool } from './run.ts'

const project = inject('project')
const PAGE = ['es2022', 'dom', 'dom.iterable']

/** TypeScript 6 and 7, each with what a user may have set. */
const COMPILERS = { 'TypeScript 6': 'typescript', 'TypeScript 7': 'typescript7' }
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
  await run(process.execPath, [tool(`${compiler}/bin/tsc`), '-p', name], { cwd: project })
}

for (const [version, compiler] of Object.entries(COMPILERS)) {
  for (const [moduleResolution, module] of Object.entries(RESOLUTIONS)) {
    test(`${version} finds the types of every entry with ${moduleResolution}`, async () => {
      await check(compiler, ['types.ts'], { module, moduleResolution })
    })
  }
}

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
