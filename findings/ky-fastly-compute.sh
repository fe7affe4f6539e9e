#!/bin/bash
# Fastly Compute evaluates the top level of an app when it is built, and keeps a snapshot of that. A `Request` may be created
# only while a request is handled. ky creates one as soon as it is imported, to learn whether request bodies can be streams,
# and rethrows what that throws unless it is the message of one browser. So an app that imports ky cannot be built, though
# `ky()` itself is called only in its handler; the same app that imports ky there is built. Seen with ky 2.1.0 and
# @fastly/js-compute 3.46.0 in Node 20.20.2. Fails if the first build succeeds or the second one does not.
#
# Output seen:
#   imported at the top level: TypeError: The Request builtin can only be used during request handling, not during initialization
#   imported in the handler: built
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --prefix . --silent --no-audit --no-fund --save-exact ky@2.1.0 @fastly/js-compute@3.46.0 esbuild@0.28.2 >/dev/null
cat >top.js <<'JS'
import ky from 'ky'
addEventListener('fetch', (event) => event.respondWith(ky('https://example.com/', { backend: 'origin' })))
JS
cat >handler.js <<'JS'
const answer = async () => (await import('ky')).default('https://example.com/', { backend: 'origin' })
addEventListener('fetch', (event) => event.respondWith(answer()))
JS
for app in top handler; do
  npx esbuild "$app.js" --bundle --format=esm --log-level=error --outfile="$app.bundle.js"
  npx js-compute-runtime "$app.bundle.js" "$app.wasm" >"$app.log" 2>&1 && echo built >"$app.log" || true
done
first=$(grep -o 'TypeError: .*' top.log || cat top.log)
echo "imported at the top level: $first"
echo "imported in the handler: $(tail -n 1 handler.log)"
grep -q 'can only be used during request handling' top.log && grep -qx built handler.log
