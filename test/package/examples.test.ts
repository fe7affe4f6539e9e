import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from './run.ts'

/** Each with the file that a newcomer opens first. */
const EXAMPLES = {
  browser: 'index.html',
  'browser-model': 'index.html',
  'bun-server': 'main.ts',
  'chat-next': 'app/page.tsx',
  'chat-page': 'index.html',
  'chat-react': 'main.tsx',
  'chat-server': 'server.ts',
  'chat-solid': 'main.tsx',
  'chat-svelte': 'Chat.svelte',
  'chat-vue': 'Chat.vue',
  'cloudflare-worker': 'worker.ts',
  'custom-provider': 'main.ts',
  'deno-script': 'main.ts',
  'deno-server': 'main.ts',
  failover: 'main.mjs',
  'hono-server': 'main.ts',
  'in-page-model': 'index.html',
  'local-vllm': 'main.mjs',
  ollama: 'main.mjs',
  'terminal-chat': 'main.mjs',
  tools: 'main.ts',
  'tool-approval': 'main.ts',
  'transformers-js': 'provider.js',
  'prompted-tools': 'main.ts',
  objects: 'main.mjs',
  'mcp-server': 'main.mjs',
  'node-server': 'main.mjs',
  'use-chat': 'worker.ts',
  vision: 'main.mjs',
  'vite-app': 'main.ts',
  'worker-stream': 'worker.ts',
}
const folder = path.join(ROOT, 'examples')
const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'))

test('there is a test for every example', () => {
  expect(readdirSync(folder).sort()).toEqual(
    [...Object.keys(EXAMPLES), 'README.md', 'demo', 'playground'].sort(),
  )
})

const rows = [
  ...readFileSync(path.join(folder, 'README.md'), 'utf8').matchAll(/^\| (`.*) \|$/gm),
].map(([, row = '']) => row.split(' | '))

test('the table has each example with its command, and whether it needs a key', () => {
  const names = rows.flatMap(([cell = '']) =>
    [...cell.matchAll(/`([\w-]+)`/g)].map(([, name]) => name),
  )
  expect(names.sort()).toEqual([...Object.keys(EXAMPLES), 'demo', 'playground'].sort())
  for (const [cell, , command = '', key] of rows) {
    expect(key, cell).toMatch(/\w/)
    for (const [, name = ''] of cell?.matchAll(/`([\w-]+)`/g) ?? []) {
      const file = EXAMPLES[name as keyof typeof EXAMPLES]
      const start = file && readFileSync(path.join(folder, name, file), 'utf8').slice(0, 700)
      const words = command.slice(1, -1)
      if (start) expect(start, name).toContain(words)
      else expect(words).toBe('npm start')
    }
  }
})

for (const [name, file] of Object.entries(EXAMPLES)) {
  const text = readFileSync(path.join(folder, name, file), 'utf8')

  test(`examples/${name} is short and says first how to run it`, () => {
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(file.endsWith('.html') ? 60 : 40)
    expect(text.split('\n').slice(0, 6).join('\n')).toContain('Run it:')
  })

  test(`examples/${name} asks for this version, if for any`, () => {
    const files = readdirSync(path.join(folder, name), { withFileTypes: true })
      .filter((each) => each.isFile())
      .map((each) => path.join(each.parentPath, each.name))
    const all = files.map((each) => readFileSync(each, 'utf8')).join('\n')
    const asked = [...all.matchAll(/chatwire(?:@|": ")\^?(\d+\.\d+)/g)].map((match) => match[1])
    expect(new Set([...asked, version.replace(/\.\d+$/, '')]).size).toBe(1)
  })
}
