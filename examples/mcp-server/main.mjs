// A model as an MCP tool: Claude Desktop, Cursor or VS Code can ask Qwen.
// Run it: npm install chatwire @modelcontextprotocol/sdk zod && DASHSCOPE_API_KEY=sk-… node main.mjs
//         (as the command of an MCP server in the app's settings: it speaks on stdin and stdout)
import process from 'node:process'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { getChatModel } from 'chatwire'
import { z } from 'zod'

const { DASHSCOPE_BASE_URL: baseURL } = process.env
const llm = getChatModel({ modelServer: 'dashscope', model: 'qwen-plus', baseURL })
const server = new McpServer({ name: 'qwen', version: '1.0.0' })

server.registerTool(
  'ask_qwen',
  {
    title: 'Ask Qwen',
    description: 'Asks the Qwen model for an answer or a second opinion',
    inputSchema: { prompt: z.string(), temperature: z.number().min(0).max(2).optional() },
    annotations: { readOnlyHint: true, openWorldHint: true },
  },
  async ({ prompt, temperature }, { signal, sendNotification, _meta }) => {
    const stream = llm.chat({ prompt, temperature, signal, stream: true })
    let progress = 0
    for await (const _text of stream) {
      const { progressToken } = _meta ?? {} // the app shows that something is happening
      if (progressToken === undefined) continue
      const params = { progressToken, progress: ++progress }
      await sendNotification({ method: 'notifications/progress', params })
    }
    // An error that is thrown becomes a result with `isError`.
    return { content: [{ type: 'text', text: (await stream.result()).text }] }
  },
)

await server.connect(new StdioServerTransport())
