/**
 * Colors code in a worker, which is started by the first block of code.
 */
export interface HighlightRequest {
  id: number
  text: string
  language: string
}

export interface HighlightReply {
  id: number
  /** HTML of `LINES_PER_CHUNK` lines each; absent for unknown languages. */
  chunks?: string[]
}

/** Lines of a chunk, the unit in which a page takes colors over. */
export const LINES_PER_CHUNK = 20

let worker: Worker | undefined
let lastId = 0
const waiting = new Map<number, (chunks: string[] | undefined) => void>()

/** Resolves to `undefined` where there is nothing to color. Never rejects: code can be read without colors. */
export function highlight(text: string, language: string): Promise<string[] | undefined> {
  try {
    worker ??= startWorker()
  } catch {
    return Promise.resolve(undefined)
  }
  const request: HighlightRequest = { id: ++lastId, text, language }
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that of a window; this is a worker
  worker.postMessage(request)
  return new Promise((resolve) => waiting.set(request.id, resolve))
}

function startWorker(): Worker {
  const started = new Worker(new URL('highlight.js', document.baseURI), { type: 'module' })
  started.addEventListener('message', ({ data }: MessageEvent<HighlightReply>) => {
    waiting.get(data.id)?.(data.chunks)
    waiting.delete(data.id)
  })
  started.addEventListener('error', () => {
    for (const resolve of waiting.values()) resolve(undefined)
    waiting.clear()
  })
  return started
}

/** Splits text into chunks of lines, each with its line breaks. */
export function splitLines(text: string): string[] {
  const lines = text.split(/(?<=\n)/)
  const chunks: string[] = []
  for (let at = 0; at < lines.length; at += LINES_PER_CHUNK)
    chunks.push(lines.slice(at, at + LINES_PER_CHUNK).join(''))
  return chunks
}
