/** A reader of its own for these tests: the bytes of an answer, and the JSON of its frames. */
import type { Simulator } from '../../../src/testing.ts'

export const MULTIMODAL = '/services/aigc/multimodal-generation/generation'
export const TEXT = '/services/aigc/text-generation/generation'
export const user = { role: 'user', content: 'Hi' }

export interface Sent {
  path?: string
  headers?: Record<string, string>
  signal?: AbortSignal
  method?: string
}

export function post(simulator: Simulator, body: unknown, sent: Sent = {}): Promise<Response> {
  return simulator(`https://vendor.test/v1${sent.path ?? '/chat/completions'}`, {
    method: sent.method ?? 'POST',
    headers: { authorization: 'Bearer sk-x', 'content-type': 'application/json', ...sent.headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(sent.signal && { signal: sent.signal }),
  })
}

export async function chunks(response: Response): Promise<string[]> {
  const reader = response.body!.getReader()
  const decoder = new TextDecoder()
  const read: string[] = []
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return read
    read.push(decoder.decode(value, { stream: true }))
  }
}

/** The payloads of the `data:` lines, parsed; `[DONE]` stays a string. */
export async function frames(response: Response): Promise<any[]> {
  const lines = (await response.text()).split('\n').filter((line) => line.startsWith('data:'))
  return lines.map((line) => {
    const data = line.slice(5).trim()
    return data === '[DONE]' ? data : JSON.parse(data)
  })
}
