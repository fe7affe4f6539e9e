/** One MCP server in both majors of the official SDK, and clients that are connected to it in memory. */
import { Client as ClientV2, InMemoryTransport as MemoryV2 } from '@modelcontextprotocol/client'
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { InMemoryTransport as MemoryV1 } from '@modelcontextprotocol/sdk/inMemory.js'
import { Server as ServerV1 } from '@modelcontextprotocol/sdk/server/index.js'
import { CallToolRequestSchema, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import { Server as ServerV2 } from '@modelcontextprotocol/server'
import type { MCPClient } from '../../../src/mcp.ts'

const object = { type: 'object' as const }
const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII='

/** Each tool and what it returns. */
export const RESULTS: Record<string, object> = {
  'get.weather': { content: [{ type: 'text', text: '21 °C' }] },
  structured: { content: [], structuredContent: { temperature: 21 } },
  fails: { content: [{ type: 'text', text: 'no such city' }], isError: true },
  picture: {
    content: [
      { type: 'text', text: 'A dot' },
      { type: 'image', data: PNG, mimeType: 'image/png' },
    ],
  },
  sound: { content: [{ type: 'audio', data: 'AAAA', mimeType: 'audio/wav' }] },
  links: {
    content: [
      { type: 'resource_link', uri: 'file:///a.md', name: 'a.md', mimeType: 'text/markdown' },
      {
        type: 'resource',
        resource: { uri: 'file:///b.md', mimeType: 'text/markdown', text: '# B' },
      },
      { type: 'resource', resource: { uri: 'file:///c.bin', blob: 'AAAA' } },
      {
        type: 'resource',
        resource: { uri: 'file:///d.pdf', mimeType: 'application/pdf', blob: 'AAAA' },
      },
    ],
  },
  long: { content: [{ type: 'text', text: 'x'.repeat(500) }] },
}

/** Observations of a server. */
export interface Seen {
  calls: { name: string; arguments: unknown }[]
  cancelled: number
}

const tools = () => [
  {
    name: 'get.weather',
    description: 'Tells the weather',
    inputSchema: { ...object, properties: { city: { type: 'string' } }, required: ['city'] },
    annotations: { readOnlyHint: true },
  },
  {
    name: 'structured',
    inputSchema: object,
    outputSchema: { ...object, properties: { temperature: { type: 'number' } } },
  },
  ...['fails', 'picture', 'sound', 'links', 'long', 'slow', 'hangs', 'broken'].map((name) => ({
    name,
    inputSchema: object,
  })),
]

/** A client of this major, connected to a server of the same. */
export async function connect(major: 1 | 2, extra: () => object[] = () => []) {
  const seen: Seen = { calls: [], cancelled: 0 }
  const capabilities = { capabilities: { tools: { listChanged: true } } }
  const info = { name: 'test', version: '1.0.0' }
  const list = (params: { cursor?: string } | undefined) => {
    const all = [...tools(), ...extra()]
    const at = Number(params?.cursor ?? 0)
    const next = at + 4 < all.length ? { nextCursor: String(at + 4) } : {}
    return { tools: all.slice(at, at + 4), ...next } as any
  }
  const call = async (params: any, notify: (notification: any) => Promise<void>) => {
    seen.calls.push({ name: params.name, arguments: params.arguments })
    if (params.name === 'broken') throw new Error('the server broke')
    if (params.name === 'hangs') return new Promise<any>(() => {})
    if (params.name === 'slow') {
      for (let progress = 1; progress <= 4; progress++) {
        await new Promise((resolve) => setTimeout(resolve, 60))
        await notify({
          method: 'notifications/progress',
          params: { progressToken: params._meta?.progressToken, progress, total: 4 },
        })
      }
      return { content: [{ type: 'text', text: 'done' }] }
    }
    return RESULTS[params.name] as any
  }
  if (major === 1) {
    const server = new ServerV1(info, capabilities)
    server.setRequestHandler(ListToolsRequestSchema, ({ params }) => list(params))
    server.setRequestHandler(CallToolRequestSchema, ({ params }, { sendNotification, signal }) => {
      signal.addEventListener('abort', () => seen.cancelled++)
      return call(params, sendNotification)
    })
    const [near, far] = MemoryV1.createLinkedPair()
    const client = new ClientV1(info)
    await Promise.all([server.connect(far), client.connect(near)])
    const change = () => server.sendToolListChanged()
    return { client: client as MCPClient, seen, change, end: () => client.close() }
  }
  const server = new ServerV2(info, capabilities)
  server.setRequestHandler('tools/list', ({ params }: any) => list(params))
  server.setRequestHandler('tools/call', ({ params }: any, context: any) => {
    context.mcpReq.signal.addEventListener('abort', () => seen.cancelled++)
    return call(params, (notification) => context.mcpReq.notify(notification))
  })
  const [near, far] = MemoryV2.createLinkedPair()
  const client = new ClientV2(info)
  await Promise.all([server.connect(far as never), client.connect(near)])
  const change = () => server.sendToolListChanged()
  return { client: client as MCPClient, seen, change, end: () => client.close() }
}
