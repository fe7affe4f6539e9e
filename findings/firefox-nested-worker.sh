#!/bin/sh
# Firefox 153 ESR (Debian's firefox-esr 153.8.0): in a dedicated worker, `new Worker(url)` may never return. The worker
# that called it is blocked for good: its timers and messages stop too, while the page goes on. Classic and module
# scripts, from a URL or a blob, are alike. It happens about once in 60 times, and about once in 10 right after another
# worker was terminated. In a page it never did.
#
# Output seen (the number in workers varies):
#   firefox/153.8.0
#   in a worker: 2 of 5 pages stop within 30 starts, each in `new Worker`
#   in the page: 0 of 5 pages stop within 30 starts
set -eu
command -v firefox-esr >/dev/null
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-save --prefix . puppeteer-core@25.16.0

cat >run.mjs <<'JS'
import { createServer } from 'node:http'
import { launch } from 'puppeteer-core'

const PAGES = 5
const script = `
  const answer = (worker) => new Promise((resolve) => (worker.onmessage = resolve))
  async function run() {
    for (let start = 0; start < 30; start++) {
      report('before')
      const worker = new Worker('/child.js')
      report('after')
      worker.postMessage('ping')
      await answer(worker)
      worker.terminate()
    }
    report('done')
  }
  run()`
const files = {
  '/child.js': 'onmessage = () => postMessage("pong")',
  '/page.js': script,
  '/worker.js': `const report = postMessage; ${script}`,
  '/page': '<script>const report = (text) => (last = text); let last</script><script src="/page.js"></script>',
  '/worker': '<script>let last; new Worker("/worker.js").onmessage = ({ data }) => (last = data)</script>',
}
const server = createServer(({ url }, response) => {
  const type = url.endsWith('.js') ? 'text/javascript' : 'text/html'
  response.writeHead(200, { 'content-type': type }).end(files[url])
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const browser = await launch({ browser: 'firefox', executablePath: '/usr/bin/firefox-esr', headless: true })
console.log(await browser.version())

/** Returns in how many pages the starts stop, with the last report of each. */
async function countStops(path) {
  const stops = []
  for (let round = 0; round < PAGES; round++) {
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${server.address().port}${path}`)
    await page.waitForFunction(`last === 'done'`, { timeout: 15_000 }).catch(() => {})
    const last = await page.evaluate('last')
    if (last !== 'done') stops.push(last)
    await page.close()
  }
  return stops
}
const inWorker = await countStops('/worker')
console.log(`in a worker: ${inWorker.length} of ${PAGES} pages stop within 30 starts, each in \`new Worker\``)
const inPage = await countStops('/page')
console.log(`in the page: ${inPage.length} of ${PAGES} pages stop within 30 starts`)
await browser.close()
const isKnown = inWorker.length > 0 && inWorker.every((last) => last === 'before')
process.exit(isKnown && inPage.length === 0 ? 0 : 1)
JS
node run.mjs
