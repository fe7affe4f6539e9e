/**
 * Bodies that are read whole, and no further than their limit.
 */
import { HttpError } from './http-error.ts'

/**
 * The body of a stranger's request. It is read whole: streamed uploads work in some runtimes only.
 * @param limit in bytes
 * @param signal ends the reading
 * @throws {HttpError} 413
 */
export async function readBody(
  request: Request,
  limit: number,
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  // Believed only when it is bad news: the bytes are counted anyway.
  if (Number(request.headers.get('content-length')) > limit) throw tooLarge(limit)
  const { bytes, isWhole } = await readBytes(request.body, limit, signal)
  if (isWhole) return bytes
  throw tooLarge(limit)
}

function tooLarge(limit: number): HttpError {
  return new HttpError({ status: 413, message: `The body is larger than ${limit} bytes` })
}

/** Bytes of a stream up to a limit; beyond it the stream is cancelled. */
export async function readBytes(
  stream: ReadableStream<Uint8Array> | null,
  limit: number,
  signal?: AbortSignal,
): Promise<{ bytes: Uint8Array<ArrayBuffer>; isWhole: boolean }> {
  const reader = stream?.getReader()
  // What is cancelled may have failed meanwhile: nobody wants the rest of it.
  const leave = () => void reader?.cancel(signal?.reason).catch(() => {})
  signal?.addEventListener('abort', leave)
  const pieces: Uint8Array[] = []
  let size = 0
  let isWhole = true
  try {
    while (isWhole) {
      const { value } = (await reader?.read()) ?? {}
      signal?.throwIfAborted()
      if (!value) break
      size += value.byteLength
      isWhole = size <= limit
      pieces.push(isWhole ? value : value.subarray(0, value.byteLength - (size - limit)))
    }
  } finally {
    signal?.removeEventListener('abort', leave)
  }
  if (!isWhole) leave()
  const bytes = new Uint8Array(Math.min(size, limit))
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.byteLength
  }
  return { bytes, isWhole }
}
