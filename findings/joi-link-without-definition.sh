#!/bin/sh
# joi 18.3.2: the JSON Schema of a link to the schema's own root refers to a definition that the document does not hold,
# so that no validator can resolve it. Seen: {"$ref":"#/$defs/Tree"} under `children.items`, and no `$defs`.
# A link to an object further inside gets its definition. Fails if a release adds it.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --save-exact joi@18.3.2 >/dev/null
cat >check.mjs <<'JS'
import joi from 'joi'
const Tree = joi
  .object({ name: joi.string().required(), children: joi.array().items(joi.link('#Tree')) })
  .id('Tree')
const valid = Tree.validate({ name: 'a', children: [{ name: 'b' }] }).error === undefined
const json = Tree['~standard'].jsonSchema.input({ target: 'draft-2020-12' })
console.log(JSON.stringify(json))
const reference = json.properties.children.items.$ref
console.log(`validates: ${valid}, reference: ${reference}, $defs: ${JSON.stringify(json.$defs)}`)
if (!valid || reference !== '#/$defs/Tree' || json.$defs !== undefined) process.exit(1)
JS
node check.mjs
