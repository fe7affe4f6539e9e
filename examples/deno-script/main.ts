// One question from the command line: nothing to install, the package comes from a CDN.
// Run it: DASHSCOPE_API_KEY=… deno run --allow-net --allow-env main.ts "Tell me a joke"
// DASHSCOPE_HTTP_BASE_URL names another address, such as https://dashscope-intl.aliyuncs.com

// @ts-types="npm:chatwire@0.1"
import { getChatModel } from 'https://cdn.jsdelivr.net/npm/chatwire@0.1/dist/cdn.min.js'

const llm = getChatModel({ modelServer: 'dashscope', model: 'qwen-plus' })
const stream = llm.chat({ prompt: Deno.args[0] ?? 'Tell me a joke', stream: true })

const encoder = new TextEncoder()
for await (const text of stream) await Deno.stdout.write(encoder.encode(text))

const { usage, finishReason } = await stream.result()
console.log(`\n(${usage.totalTokens} tokens, ended by ${finishReason})`)
