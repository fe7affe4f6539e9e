/**
 * Runs the gateway in each runtime, with simulated vendors as its upstream.
 */
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { SimulatedVendor, Simulator } from 'chatwire/testing'
import { simulate } from 'chatwire/testing'
import { listen } from '../runtimes/upstream.ts'
import { gateway } from './gateway.mjs'
import { bundle, startWorkerd } from '../runtimes/workerd.mjs'

export const KEY = 'sk-upstream-secret-1234567890'
export const TOKEN = 'token-of-the-app'
export const VENDORS = ['dashscope', 'zhipu', 'openai'] as const
export const ALL_VENDORS = [...VENDORS, 'anthropic', 'gemini', 'ollama'] as const

type Handler = (request: Request) => Response | Promise<Response>

export interface Place {
  /** The origin of the gateway. */
  url: string
  vendors: Record<SimulatedVendor, Simulator>
  close: () => Promise<void>
}

/** Serves a fetch handler as adapters for Node do: a disconnect cancels the body and aborts the signal. */
export async function serve(handler: Handler): Promise<{ url: string; close: () => void }> {
  return listen(
    createServer((incoming, outgoing) => {
      answer(handler, incoming, outgoing).catch(() => outgoing.destroy())
    }),
  )
}

async function answer(
  handler: Handler,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const controller = new AbortController()
  outgoing.once('close', () => outgoing.writableFinished || controller.abort())
  const { method = 'GET', url = '/' } = incoming
  const headers = incoming.headers as Record<string, string>
  const body = method === 'POST' ? (Readable.toWeb(incoming) as ReadableStream) : null
  const { signal } = controller
  const address = new URL(url, `http://${headers.host}`)
  const init = { method, headers, body, signal, duplex: 'half' }
  const response = await handler(new Request(address, init))
  outgoing.writeHead(response.status, Object.fromEntries(response.headers))
  outgoing.flushHeaders()
  const reader = response.body?.getReader()
  signal.addEventListener('abort', () => void reader?.cancel().catch(() => {})) // it may be over
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined }
    if (done || signal.aborted) break
    await new Promise((resolve) => outgoing.write(value, resolve))
  }
  outgoing.end()
}

async function open(
  start: (env: Record<string, string>) => Promise<{ url: string; close: () => unknown }>,
): Promise<Place> {
  const vendors = {} as Place['vendors']
  const bases: Record<string, string> = {}
  const closers: (() => unknown)[] = []
  for (const vendor of ALL_VENDORS) {
    vendors[vendor] = simulate(vendor, 'Hello', { key: KEY })
    const { url, close } = await serve(vendors[vendor].handler)
    bases[vendor] = url
    closers.push(close)
  }
  const { url, close } = await start({
    DASHSCOPE: `${bases.dashscope}/api/v1`,
    ZHIPU: `${bases.zhipu}/api/paas/v4`,
    OPENAI: `${bases.openai}/v1`,
    ANTHROPIC: `${bases.anthropic}/v1`,
    GEMINI: `${bases.gemini}/v1beta`,
    OLLAMA: bases.ollama as string,
    KEY,
    TOKEN,
  })
  closers.push(close)
  return { url, vendors, close: async () => void (await Promise.all(closers.map((one) => one()))) }
}

/** By the name of the runtime. */
export const PLACES: Record<'node' | 'workerd', () => Promise<Place>> = {
  node: () => open((env) => serve((request) => gateway(request, env as never))),
  workerd: () =>
    open(async (env) => {
      const code = await bundle('test/gateway/gateway.mjs')
      const { url, stop } = await startWorkerd({ code, env })
      return { url, close: stop }
    }),
}

export const JOKE = 'Why do tokens never get lost? They always come in a stream. 顺流而下'
