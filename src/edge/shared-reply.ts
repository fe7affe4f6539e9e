/**
 * One reply for several requests: its bytes are recorded while the first client reads them.
 */
import type { Deadline } from './deadline.ts'

/** Time for which a reply without a client and without a first byte goes on, in milliseconds: the client may come back. */
const GRACE = 3000
/** Most bytes by which a client may lag once the reply is no longer kept. */
const MAX_LAG = 262_144

/** A request that may have been answered before. */
export interface ResendableRequest {
  request: Request
  /** Value that `authorize` returned. */
  caller: unknown
  /** Everything else a reply depends on, such as the body: JSON, or bytes. */
  body: unknown
  deadline: Deadline
  /** Headers of this response, over those of the earlier one. */
  headers: Record<string, string>
  /** True if the finished reply may be repeated. */
  isComplete: () => boolean
  /** Called once at the end of a repeated reply. */
  onRepeated: (outcome: 'answered' | 'failed' | 'left', status: number) => void
}

/** The memory that holds a reply. */
export interface ReplyMemory {
  /** True if clients can come back to a reply in progress. */
  canComeBack: boolean
  /** Reports a piece of `bytes` bytes. Returns false once the reply is no longer kept. */
  grow: (bytes: number) => boolean
  /** Removes the reply from the memory. */
  forget: () => void
}

interface Client {
  /** Index of the next piece. */
  at: number
  onEnd?: (outcome: 'answered' | 'failed' | 'left') => void
}

/** A reply in progress or complete. */
export class SharedReply {
  state: 'open' | 'done' | 'failed' = 'open'
  /** Time at which the reply was complete (`Date.now()`). */
  doneAt: number = Infinity
  /** Recorded bytes. */
  size = 0
  #asked: ResendableRequest
  #memory: ReplyMemory
  #head: Promise<Response> | undefined
  #isDelivered = false
  #clients = new Set<Client>()
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  #reading: Promise<void> | undefined
  #pieces: Uint8Array[] = []
  /** Pieces before the first of `#pieces`, which are no longer recorded. */
  #dropped = 0
  #isRemembered = true
  #error: unknown
  #grace: ReturnType<typeof setTimeout> | undefined

  constructor(asked: ResendableRequest, memory: ReplyMemory) {
    this.#asked = asked
    this.#memory = memory
  }

  /** Starts the reply for its first client. A client that leaves does not stop it while another one waits. */
  async open(produce: () => Promise<Response>): Promise<Response> {
    const client: Client = { at: 0 }
    this.#clients.add(client)
    this.#asked.deadline.whenLeft = () => this.#leave(client)
    this.#head = produce()
    try {
      const response = await this.#head
      this.#reader = response.body?.getReader()
      if (!response.ok) this.#forget()
      if (!this.#reader) this.#end('done')
      this.#isDelivered ||= this.#clients.size > 0
      if (!this.#isDelivered) void this.#readAhead()
      return new Response(this.#bodyFor(client), response)
    } catch (error) {
      this.#fail(error)
      throw error
    }
  }

  /** Answers a request that was sent again. */
  async repeat({ deadline, headers: own, onRepeated }: ResendableRequest): Promise<Response> {
    clearTimeout(this.#grace)
    let status = 0
    const client: Client = { at: 0, onEnd: (outcome) => onRepeated(outcome, status) }
    this.#clients.add(client)
    deadline.signal.addEventListener('abort', () => this.#leave(client))
    try {
      const response = await deadline.race(this.#head as Promise<Response>)
      ;({ status } = response)
      this.#isDelivered = true
      const headers = new Headers(response.headers)
      for (const [name, value] of Object.entries(own)) headers.set(name, value)
      headers.set('idempotent-replayed', 'true')
      return new Response(this.#bodyFor(client), { status, headers })
    } catch (error) {
      this.#clients.delete(client) // its request reports the failure
      throw error
    }
  }

  #bodyFor(client: Client): ReadableStream<Uint8Array> {
    return new ReadableStream(
      {
        pull: (controller) => this.#pull(client, controller),
        cancel: () => this.#leave(client),
      },
      { highWaterMark: 0 },
    )
  }

  async #pull(
    client: Client,
    controller: ReadableStreamDefaultController<Uint8Array>,
  ): Promise<void> {
    for (;;) {
      const piece = this.#pieces[client.at - this.#dropped]
      if (piece) {
        client.at++
        controller.enqueue(piece)
        return this.#trim()
      }
      // One that was cut off lacks a part, even if the reply is complete.
      if (this.state === 'failed' || !this.#clients.has(client)) {
        this.#close(client, 'failed')
        return controller.error(this.#error ?? new Error('The client disconnected'))
      }
      if (this.state === 'done') {
        this.#close(client, 'answered')
        return controller.close()
      }
      await (this.#reading ??= this.#read())
    }
  }

  /** Reads while no client does, so that the reply can be complete before one comes back. */
  async #readAhead(): Promise<void> {
    while (this.#clients.size === 0 && this.state === 'open' && this.#isRemembered)
      await (this.#reading ??= this.#read())
  }

  async #read(): Promise<void> {
    try {
      const value = (await this.#reader?.read())?.value
      if (!value) this.#end('done')
      else {
        this.#pieces.push(value)
        this.size += value.byteLength
        this.#isRemembered &&= this.#memory.grow(value.byteLength)
      }
    } catch (error) {
      this.#fail(error)
    } finally {
      this.#reading = undefined
    }
  }

  /** Drops the bytes that every client has read, once no client can request them again. Cuts off a client that lags. */
  #trim(): void {
    if (this.#isRemembered || this.state !== 'open') return
    let first = this.#pieces.length
    for (let lag = 0; first > 0 && lag <= MAX_LAG;) lag += this.#pieces[--first]?.byteLength ?? 0
    let read = this.#pieces.length
    for (const client of this.#clients) {
      const at = client.at - this.#dropped
      if (at < first) this.#close(client, 'failed')
      else read = Math.min(read, at)
    }
    this.#dropped += read
    this.#pieces.splice(0, read)
  }

  #leave(client: Client): void {
    if (!this.#clients.has(client)) return
    this.#close(client, 'left')
    if (this.#clients.size > 0 || this.state !== 'open') return
    if (this.#isDelivered || !this.#memory.canComeBack) this.#stop()
    else this.#grace = setTimeout(() => this.#stop(), GRACE)
  }

  #stop(): void {
    const { deadline, request } = this.#asked
    this.#forget()
    this.#reader?.cancel(request.signal?.reason).catch(() => {}) // it may have ended meanwhile
    deadline.disconnect()
  }

  #close(client: Client, outcome: 'answered' | 'failed' | 'left'): void {
    if (this.#clients.delete(client)) client.onEnd?.(outcome)
  }

  #fail(error: unknown): void {
    this.#error = error
    this.#end('failed')
  }

  #end(state: 'done' | 'failed'): void {
    this.state = state
    this.doneAt = Date.now()
    clearTimeout(this.#grace)
    if (state === 'failed' || !this.#asked.isComplete()) this.#forget()
  }

  #forget(): void {
    this.#isRemembered = false
    this.#memory.forget()
  }
}
