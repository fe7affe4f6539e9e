#!/bin/bash
# @valibot/to-json-schema 1.8.0 with valibot 1.5.0: a model that keeps to the JSON Schema is refused by the schema, and
# the other way round.
# - `v.isoDateTime()` accepts "2026-11-30T09:30" only, without seconds and offset. Its JSON Schema says
#   `format: date-time`, which is RFC 3339 (JSON Schema 2020-12, validation, 7.3.1) and needs both: no string at all is
#   valid for both.
# - `v.variant()` may hold several objects of one discriminator, of which the first that fits is taken. Its JSON Schema
#   says `oneOf`, that refuses a value that two of them accept; for `v.union()` it says `anyOf`.
# The converter neither throws nor warns (its default for what it cannot express is to throw). Judged by ajv 8.20.0 with
# ajv-formats 3.0.1. Fails if a release agrees.
#
# Output seen:
#   isoDateTime "2026-11-30T09:30": valibot true, JSON Schema false
#   isoDateTime "2026-11-30T09:30:00Z": valibot false, JSON Schema true
#   variant {"type":"file","path":"a"}: valibot true, JSON Schema false
#   union {"type":"file","path":"a"}: valibot true, JSON Schema true
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --prefix . --silent --no-audit --no-fund --save-exact --ignore-scripts ajv@8.20.0 ajv-formats@3.0.1 \
  valibot@1.5.0 @valibot/to-json-schema@1.8.0 >/dev/null
cat >check.mjs <<'JS'
import { toJsonSchema } from '@valibot/to-json-schema'
import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import * as v from 'valibot'

const ajv = new Ajv()
formats.default(ajv)
const time = v.pipe(v.string(), v.isoDateTime())
const members = [
  v.object({ type: v.picklist(['file', 'folder']), path: v.string() }),
  v.object({ type: v.literal('file'), path: v.string(), size: v.optional(v.number()) }),
]
const file = { type: 'file', path: 'a' }
const checks = [
  ['isoDateTime', time, '2026-11-30T09:30', true, false],
  ['isoDateTime', time, '2026-11-30T09:30:00Z', false, true],
  ['variant', v.variant('type', members), file, true, false],
  ['union', v.union(members), file, true, true],
]
for (const [name, schema, value, library, json] of checks) {
  const seen = [v.safeParse(schema, value).success, ajv.compile(toJsonSchema(schema))(value)]
  console.log(`${name} ${JSON.stringify(value)}: valibot ${seen[0]}, JSON Schema ${seen[1]}`)
  if (seen[0] !== library || seen[1] !== json) process.exitCode = 1
}
JS
node check.mjs
