/**
 * Colors code in a worker, which is started by the first block of code.
 */
export interface HighlightRequest {
  id: number
  /** More of the same text is colored under the same number. */
  session: number
  /** The text that the session has grown by; all of it after another session. */
  text: string
  language: string
}

export interface HighlightReply {
  id: number
  chunks: readonly ColoredChunk[]
}

/** HTML of `LINES_PER_CHUNK` lines. */
export interface ColoredChunk {
  index: number
  html: string
}

/** Lines of a chunk, the unit in which a page takes colors over. */
export const LINES_PER_CHUNK = 20

let worker: Worker | undefined
let lastId = 0
let lastSession = 0
const waiting = new Map<number, (chunks: readonly ColoredChunk[]) => void>()
/** The text that the worker has. It keeps one, and what it colored last in it. */
let sent = { session: 0, length: 0 }

/** Colors a text that only grows, and returns the chunks whose colors are new. */
export class Highlighter {
  readonly #session = ++lastSession

  /** Resolves to no chunks where there is nothing to color. Never rejects: code can be read without colors. */
  color(text: string, language: string): Promise<readonly ColoredChunk[]> {
    try {
      worker ??= startWorker()
    } catch {
      return Promise.resolve([])
    }
    const session = this.#session
    const from = sent.session === session ? sent.length : 0
    sent = { session, length: text.length }
    const request: HighlightRequest = { id: ++lastId, session, text: text.slice(from), language }
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that of a window; this is a worker
    worker.postMessage(request)
    return new Promise((resolve) => waiting.set(request.id, resolve))
  }
}

function startWorker(): Worker {
  const started = new Worker(new URL('highlight.js', document.baseURI), { type: 'module' })
  started.addEventListener('message', ({ data }: MessageEvent<HighlightReply>) => {
    waiting.get(data.id)?.(data.chunks)
    waiting.delete(data.id)
  })
  started.addEventListener('error', () => {
    for (const resolve of waiting.values()) resolve([])
    waiting.clear()
  })
  return started
}
