import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

// TypeScript 7 judges the same file in `npm run check`.
test.each([
  ['5.9', 'typescript5'],
  ['6', 'typescript'],
])(
  'TypeScript %s takes the schemas of every library',
  { timeout: 120_000 },
  async (_version, compiler) => {
    const options =
      '--noEmit --strict --skipLibCheck --target es2022 --module nodenext --lib es2022,dom,dom.iterable --types node'
    const tsc = `node_modules/${compiler}/bin/tsc`
    const child = spawn(
      process.execPath,
      [tsc, ...options.split(' '), '--ignoreConfig', 'test/types/schemas.test.ts'].filter(
        (option) => compiler !== 'typescript5' || option !== '--ignoreConfig',
      ),
      { cwd: root },
    )
    let output = ''
    child.stdout.on('data', (data) => (output += String(data)))
    const code = await new Promise((resolve) => child.on('close', resolve))
    expect({ code, output }).toEqual({ code: 0, output: '' })
  },
)
