#!/bin/bash
# best-effort-json-parser 1.5.1 reads incomplete JSON; its README promises the partial data of what has arrived. Of a
# number with an exponent (RFC 8259, section 6) it takes the part before the `e` only, and what follows becomes the name
# of a member, with the next member's name and value in it: of {"score":3.2e-5,"label":"cat" the member `label` is lost
# and "e-5,\"label\"" invented. The complete document is read correctly. Numbers that JSON.stringify writes so (1e-7,
# 1e21) arrive like this in every streamed object. Fails if a release reads the prefix correctly.
#
# Output seen:
#   prefix: {"score":3.2,"e-5,\"label\"":"cat"}
#   prefix: [1,"e21",2]
#   whole: {"score":0.000032,"label":"cat"}
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --prefix . --silent --no-audit --no-fund --save-exact --ignore-scripts best-effort-json-parser@1.5.1 >/dev/null
cat >check.mjs <<'JS'
import { parse } from 'best-effort-json-parser'

console.error = () => {} // it reports what it skips
const object = JSON.stringify(parse('{"score":3.2e-5,"label":"cat"'))
const array = JSON.stringify(parse('[1e21,2'))
const whole = JSON.stringify(parse('{"score":3.2e-5,"label":"cat"}'))
console.log(`prefix: ${object}`)
console.log(`prefix: ${array}`)
console.log(`whole: ${whole}`)
const wrong = String.raw`{"score":3.2,"e-5,\"label\"":"cat"}`
if (object !== wrong || array !== '[1,"e21",2]' || whole !== '{"score":0.000032,"label":"cat"}') process.exit(1)
JS
node check.mjs
