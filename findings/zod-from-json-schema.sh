#!/bin/bash
# z.fromJSONSchema() of zod 4.6.7 throws for keywords that it does not support, such as `not` and `dependentRequired`. Of
# keywords that it supports it loses these without a word, and the schema of a tool turns into another one:
# - `pattern` becomes a RegExp without the `u` flag, with which it should be built (JSON Schema 2020-12, core, 6.4): what
#   z.toJSONSchema() wrote of /^\p{L}+$/u refuses "zoë" when it is read back.
# - `required` counts for names under `properties` only; {"type":"object","required":["id"]} accepts {}.
# - `const` with an object or array accepts nothing, not even an equal value.
# ajv 8.20.0 judges all as the specification does. Fails if a release changes any.
#
# Output seen:
#   {"type":"string","pattern":"^\\p{L}+$"} "zoë": ajv true, zod false
#   {"type":"object","required":["id"]} {}: ajv false, zod true
#   {"const":{"unit":"celsius"}} {"unit":"celsius"}: ajv true, zod false
#   {"not":{"type":"string"}}: zod throws
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --prefix . --silent --no-audit --no-fund --save-exact --ignore-scripts ajv@8.20.0 zod@4.6.7 >/dev/null
cat >check.mjs <<'JS'
import { Ajv2020 } from 'ajv/dist/2020.js'
import * as z from 'zod'

const ajv = new Ajv2020({ strict: false })
const { type, pattern } = z.toJSONSchema(z.string().regex(/^\p{L}+$/u))
const checks = [
  [{ type, pattern }, 'zoë', true, false],
  [{ type: 'object', required: ['id'] }, {}, false, true],
  [{ const: { unit: 'celsius' } }, { unit: 'celsius' }, true, false],
]
for (const [schema, value, right, seen] of checks) {
  const judged = [ajv.validate(schema, value), z.fromJSONSchema(schema).safeParse(value).success]
  console.log(`${JSON.stringify(schema)} ${JSON.stringify(value)}: ajv ${judged[0]}, zod ${judged[1]}`)
  if (judged[0] !== right || judged[1] !== seen) process.exitCode = 1
}
let thrown = false
try {
  z.fromJSONSchema({ not: { type: 'string' } })
} catch {
  thrown = true
}
console.log(`{"not":{"type":"string"}}: zod ${thrown ? 'throws' : 'accepts it'}`)
if (!thrown) process.exitCode = 1
JS
node check.mjs
