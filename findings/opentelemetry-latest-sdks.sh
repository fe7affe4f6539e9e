#!/bin/sh
# The newest @opentelemetry/sdk-trace-base (2.12.1) and the newest @opentelemetry/sdk-metrics (3.1.1) cannot be installed
# together: the first takes @opentelemetry/api below 1.10, the second 1.10 only. The trace SDK of version 3 has another
# name, @opentelemetry/sdk-trace, and there its SimpleSpanProcessor takes { exporter }: given the exporter itself, as in
# version 2, it says nothing and every span is lost. Fails if a release changes either.
#
# Output seen:
#   npm: ERESOLVE
#   version 3, new SimpleSpanProcessor(exporter): 0 spans
#   version 3, new SimpleSpanProcessor({ exporter }): 1 spans
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
if npm install --no-audit --no-fund @opentelemetry/sdk-trace-base@2.12.1 @opentelemetry/sdk-metrics@3.1.1 >log 2>&1; then
  echo 'npm: installed'
  exit 1
fi
grep -q ERESOLVE log
echo 'npm: ERESOLVE'
npm install --silent --no-audit --no-fund --save-exact @opentelemetry/api@1.10.0 @opentelemetry/sdk-trace@3.1.1 >/dev/null
cat >check.mjs <<'JS'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'

async function count(create) {
  const exporter = new InMemorySpanExporter()
  const provider = new TracerProvider({ spanProcessors: [create(exporter)] })
  provider.getTracer('check').startSpan('one').end()
  await new Promise((resolve) => setTimeout(resolve, 50))
  return exporter.getFinishedSpans().length
}
const old = await count((exporter) => new SimpleSpanProcessor(exporter))
const now = await count((exporter) => new SimpleSpanProcessor({ exporter }))
console.log(`version 3, new SimpleSpanProcessor(exporter): ${old} spans`)
console.log(`version 3, new SimpleSpanProcessor({ exporter }): ${now} spans`)
if (old !== 0 || now !== 1) process.exit(1)
JS
node check.mjs
