// A server that answers a prompt with plain text, as it is written.
// Run it: DASHSCOPE_API_KEY=… deno serve --host 127.0.0.1 --allow-net --allow-env main.ts
// Ask it: curl -N 127.0.0.1:8000 -d 'Tell me a joke'
// DASHSCOPE_HTTP_BASE_URL names another address, such as https://dashscope-intl.aliyuncs.com
import { getChatModel } from 'npm:chatwire@0.1'

const llm = getChatModel({ modelServer: 'dashscope', model: 'qwen-plus' })

export default {
  async fetch(request) {
    if (request.method !== 'POST') return new Response('POST a prompt\n', { status: 405 })
    const stream = llm.chat({
      messages: [
        { role: 'system', content: 'Answer in one sentence.' },
        { role: 'user', content: await request.text() },
      ],
      stream: true,
    })
    // A caller who leaves cancels this body, and with it the request to the model.
    return stream.toResponse({ format: 'text' })
  },
} satisfies Deno.ServeDefaultExport
