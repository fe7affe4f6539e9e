#!/bin/sh
# Deno 2.9.5 creates `globalThis.process` when it is first looked at, and loads its layer for Node then. A library that
# runs everywhere and looks for a key in `globalThis.process?.env` makes a Deno program that uses nothing of Node wait
# for that at its first call, several hundred times as long as `Deno.env.get()` takes, and keep 7 MB more.
#
# Output seen (the times vary):
#   deno 2.9.5
#   globalThis.process?.env.HOME: 85.0 ms, 7.5 MB
#   Deno.env.get('HOME'): 0.22 ms, 0 MB
#   the second look at process: 0.02 ms
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-save --prefix . deno@2.9.5

cat >look.ts <<'TS'
const looks: Record<string, () => unknown> = {
  process: () => (globalThis as any).process?.env.HOME,
  deno: () => Deno.env.get('HOME'),
  twice: () => ((globalThis as any).process, (globalThis as any).process),
}
const which = Deno.args[0]
if (which === 'twice') looks.process()
const before = Deno.memoryUsage().rss
const began = performance.now()
looks[which]()
const ms = performance.now() - began
console.log(JSON.stringify({ ms, mb: (Deno.memoryUsage().rss - before) / 1e6 }))
TS

cat >run.mjs <<'JS'
import { execFileSync } from 'node:child_process'
const deno = ['node_modules/deno/bin.cjs']
const run = (...args) => execFileSync(process.execPath, [...deno, ...args], { encoding: 'utf8' })
const middle = (values) => values.sort((a, b) => a - b)[values.length >> 1]
const look = (which) => {
  const all = Array.from({ length: 7 }, () =>
    JSON.parse(run('run', '--allow-env', '--no-config', '--no-lock', '--no-check', 'look.ts', which)),
  )
  return { ms: middle(all.map(({ ms }) => ms)), mb: middle(all.map(({ mb }) => mb)) }
}
const [node, own, again] = ['process', 'deno', 'twice'].map(look)
console.log(run('--version').split('\n')[0].split(' (')[0])
console.log(`globalThis.process?.env.HOME: ${node.ms.toFixed(1)} ms, ${node.mb.toFixed(1)} MB`)
console.log(`Deno.env.get('HOME'): ${own.ms.toFixed(2)} ms, ${own.mb.toFixed(0)} MB`)
console.log(`the second look at process: ${again.ms.toFixed(2)} ms`)
if (node.ms < 20 * own.ms || node.ms < 20 * again.ms || node.mb < 2) process.exit(1)
JS
node run.mjs
