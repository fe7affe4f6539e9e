/**
 * One request and what becomes of it: the good answer of the simulator, and a socket to spoil it on.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { simulate, type Script } from 'chatwire/testing'
import type { Place } from './fault.ts'
import { ARGUMENTS, PIECES } from './fault.ts'

type Asked = 'as asked' | 'the other way'

/** The good answer, cut into frames. A whole body is one frame. */
export interface Good {
  status: number
  headers: Record<string, string>
  frames: string[]
}

export class Exchange {
  /** Which request of its cell this is, from 1. */
  readonly number: number
  readonly at = Date.now()
  readonly place: Place
  readonly url: string
  readonly headers: IncomingMessage['headers']
  /** Bytes of the body that the system took. */
  sent = 0
  /** True once this side has finished the request. */
  closed = false
  /** The client left. */
  readonly left: Promise<void>
  #body: string
  #request: IncomingMessage
  #response: ServerResponse
  #script: Script
  #untilRead: (pieces: number) => Promise<void>

  constructor(made: {
    number: number
    place: Place
    script: Script
    request: IncomingMessage
    response: ServerResponse
    url: string
    untilRead: (pieces: number) => Promise<void>
  }) {
    this.number = made.number
    this.place = made.place
    this.url = made.url
    this.headers = made.request.headers
    this.#request = made.request
    this.#response = made.response
    this.#script = made.script
    this.#untilRead = made.untilRead
    this.#body = ''
    this.left = new Promise((resolve) => {
      made.response.on('close', () => {
        this.closed = true
        resolve()
      })
    })
    made.response.on('error', () => {}) // the client went while it was written to
  }

  get stream(): boolean {
    return this.place.mode === 'stream'
  }

  async readRequest(): Promise<void> {
    for await (const piece of this.#request) this.#body += String(piece)
  }

  /** The vendor's normal answer. */
  async good(script: Script = this.#script, asked: Asked = 'as asked'): Promise<Good> {
    const { family } = this.place.column
    const headers = new Headers(this.headers as Record<string, string>)
    const body = JSON.parse(this.#body) as Record<string, unknown>
    let stream = this.stream
    // Gemini's URL says it, and it knows no such member.
    if (asked === 'the other way' && family !== 'gemini') {
      stream = !stream
      body.stream = stream
      delete body.stream_options
      headers.delete('x-dashscope-sse')
      if (stream) headers.set('x-dashscope-sse', 'enable')
    }
    // Some send their usage unasked, as the simulator does not.
    if (family === 'openai' && stream) body.stream_options = { include_usage: true }
    for (const name of ['content-length', 'connection', 'transfer-encoding']) headers.delete(name)
    const { handler } = simulate(family, script)
    const url = new URL(asked === 'as asked' ? this.url : turnURL(this.url), 'http://simulated')
    const init = { method: 'POST', headers, body: JSON.stringify(body) }
    const response = await handler(new Request(url, init))
    const text = await response.text()
    const type = response.headers.get('content-type') ?? ''
    const end = type.includes('event-stream') ? /(?<=\n\r?\n)/ : /(?<=\n)/
    const frames = /stream|ndjson/.test(type) ? text.split(end) : [text]
    return { status: response.status, headers: Object.fromEntries(response.headers), frames }
  }

  /** The good answer from its head to its end. */
  async heal(): Promise<void> {
    await this.answer(await this.good())
  }

  async answer(
    { status, headers, frames }: Good,
    more: Record<string, string> = {},
  ): Promise<void> {
    this.head({ ...headers, ...more }, status)
    await this.send(frames.join(''))
    this.end()
  }

  head(headers: Record<string, string> = this.typeHeaders, status = 200): void {
    this.#response.writeHead(status, headers)
    this.#response.flushHeaders()
  }

  get typeHeaders(): Record<string, string> {
    const { family } = this.place.column
    const stream = family === 'ollama' ? 'application/x-ndjson' : 'text/event-stream'
    return { 'content-type': this.stream ? stream : 'application/json' }
  }

  /** Head, and all frames up to this piece of the text; whole: somewhat more than half the body. */
  async say(pieces: number): Promise<string[]> {
    const { headers, frames } = await this.good()
    this.head(headers)
    const at = this.framesOf(frames, pieces)
    await this.send(this.stream ? frames.slice(0, at).join('') : half(frames[0] as string))
    await this.read(pieces)
    return frames.slice(at)
  }

  /** Number of frames that contain the first chunks. */
  framesOf(frames: readonly string[], pieces: number): number {
    if (pieces === 0) return 0
    const piece = JSON.stringify(PIECES[pieces - 1]).slice(1, -1)
    return frames.findIndex((frame) => frame.includes(piece)) + 1
  }

  /** Number of frames up to the start of the tool call's arguments. */
  framesOfCall(frames: readonly string[]): number {
    const start = JSON.stringify(ARGUMENTS.slice(0, 12)).slice(1, -1)
    return frames.findIndex((frame) => frame.includes(start)) + 1
  }

  /** Waits until the caller has seen what was sent: a reset would take it away again. */
  async read(pieces: number): Promise<void> {
    if (this.stream && pieces > 0) await this.#untilRead(pieces)
    else await pause(30)
  }

  /** Waits until the system accepted it, so that the server notices backpressure. */
  async send(data: string | Uint8Array): Promise<boolean> {
    if (this.closed) return false
    const failed = await new Promise<unknown>((resolve) => {
      this.#response.write(data, resolve)
      void this.left.then(() => resolve(true))
    })
    if (!failed) this.sent += Buffer.byteLength(data)
    return !failed
  }

  /** The same again and again, until the client leaves. */
  async flood(data: string, every = 0): Promise<void> {
    // Limits the log of a client that never disconnects.
    while (this.sent < 32 * 1024 * 1024 && (await this.send(data))) if (every) await pause(every)
  }

  end(): void {
    this.#response.end()
  }

  /** The other side learns at once that nothing more comes: an RST. */
  reset(): void {
    this.socket.resetAndDestroy()
  }

  /** The connection ends in order, but the answer does not: a FIN. */
  finish(): void {
    this.socket.end()
  }

  /** Past node:http, which would not write such a thing. */
  raw(data: string): Promise<void> {
    return new Promise((resolve) => this.socket.write(data, () => resolve()))
  }

  get socket(): Socket {
    return this.#request.socket
  }
}

/** The URL of Gemini's other method; those of others stay as they are. */
function turnURL(url: string): string {
  return url.includes(':stream')
    ? url.replace(':streamGenerateContent?alt=sse', ':generateContent')
    : url.replace(':generateContent', ':streamGenerateContent?alt=sse')
}

/** More than half of a body, and surely not all of it. */
export function half(text: string): string {
  return text.slice(0, Math.floor(text.length * 0.6))
}
