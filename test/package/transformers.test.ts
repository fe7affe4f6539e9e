/**
 * `examples/transformers-js` with a real transformers.js in Chromium, without a network.
 */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, inject, test } from 'vitest'
import { useBrowser } from './browser.ts'
import { ROOT } from './run.ts'
import { serve } from './servers.ts'
import { tinyOnnx } from './tiny-onnx.ts'

const project = inject('project')
const openTab = useBrowser()

const MODULES = {
  'chatwire/core': '/project/node_modules/chatwire/dist/core.js',
  '@huggingface/transformers': '/modules/@huggingface/transformers/dist/transformers.web.js',
  'onnxruntime-web/webgpu': '/modules/onnxruntime-web/dist/ort.webgpu.min.mjs',
  'onnxruntime-common': '/modules/onnxruntime-common/dist/esm/index.js',
  ky: '/project/node_modules/ky/distribution/index.js',
  valibot: '/project/node_modules/valibot/dist/index.mjs',
  'eventsource-parser': '/project/node_modules/eventsource-parser/dist/index.js',
}

const PAGE = `<!doctype html><link rel="icon" href="data:,">
<script type="importmap">${JSON.stringify({ imports: MODULES })}</script>
<script type="module">
import { env } from '@huggingface/transformers'
import { TransformersLLM } from '/project/transformers-js/provider.js'
env.allowRemoteModels = false
env.allowLocalModels = true
env.useBrowserCache = false
env.backends.onnx.wasm.wasmPaths = location.origin + '/modules/onnxruntime-web/dist/'
const extraBody = { dtype: 'fp32', device: 'wasm' }
window.llm = new TransformersLLM({ model: 'tiny', extraBody })
window.broken = new TransformersLLM({ model: 'nowhere', extraBody, maxRetries: 0 })
</script>`

const TYPES: Record<string, string> = {
  '.wasm': 'application/wasm',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
}

function servePage(): Promise<string> {
  const model = tinyOnnx()
  return serve(async (request) => {
    const { pathname } = new URL(request.url)
    if (pathname === '/') return new Response(PAGE, { headers: { 'content-type': 'text/html' } })
    const [, folder, ...rest] = pathname.split('/')
    if (folder === 'models') {
      const file = rest[0] === 'tiny' ? model[rest.slice(1).join('/')] : undefined
      return file
        ? new Response(Uint8Array.from(Buffer.from(file as string)))
        : new Response('Not found', { status: 404 })
    }
    const root = folder === 'project' ? project : path.join(ROOT, 'node_modules')
    const headers = { 'content-type': TYPES[path.extname(pathname)] ?? 'text/plain' }
    return new Response(await readFile(path.join(root, ...rest)), { headers })
  })
}

test('examples/transformers-js streams, stops and counts', async () => {
  const { page } = await openTab()
  await page.goto(await servePage())
  await page.waitForFunction('window.llm')
  const run = (script: string) => page.evaluate(`(async () => { ${script} })()`)

  const streamed = await run(`
    const stream = llm.chat({ prompt: 'the cat', stream: true })
    const pieces = []
    for await (const piece of stream) pieces.push(piece)
    const { usage, finishReason } = await stream.result()
    return { pieces, usage, finishReason }`)
  expect(streamed).toEqual({
    pieces: ['the ', 'cat ', 'sat ', 'on ', 'a ', 'mat ', 'and ', 'ran'],
    usage: { promptTokens: 6, completionTokens: 9, totalTokens: 15 },
    finishReason: 'stop',
  })

  const cut = await run(`
    const { text, finishReason } = await llm.chat({ prompt: 'the cat', maxTokens: 3 })
    return { text, finishReason }`)
  expect(cut).toEqual({ text: 'the cat sat', finishReason: 'length' })

  const stopped = await run(`
    const { text, finishReason } = await llm.chat({ prompt: 'the cat', stop: ['on'] })
    return { text, finishReason }`)
  expect(stopped).toEqual({ text: 'the cat sat ', finishReason: 'stop' })

  const aborted = await run(`
    const controller = new AbortController()
    const stream = llm.chat({ prompt: 'the cat', stream: true, signal: controller.signal })
    try {
      for await (const piece of stream) controller.abort(new Error('enough'))
    } catch (error) {
      return { message: error.message, text: stream.partial.text }
    }`)
  expect(aborted).toEqual({ message: 'enough', text: 'the ' })

  const again = await run(`return (await llm.chat('the cat')).text`)
  expect(again).toBe('the cat sat on a mat and ran')

  const failed = await run(`return await broken.chat('Hi').then(String, (error) => error.code)`)
  expect(failed).toBe('server_error')
})
