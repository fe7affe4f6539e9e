/**
 * Reads bodies into memory, within limits of size and time.
 */
import { HttpError } from './http-error.ts'

/**
 * Default limit of a request body, in bytes: 4 MiB.
 */
export const MAX_BODY_BYTES = 4_194_304

/**
 * Reads the body of a request into memory, since streamed uploads work in some runtimes only.
 * @param limit in bytes
 * @param signal aborts reading with its reason
 * @throws {HttpError} 413, 415
 */
export async function readBody(
  request: Request,
  limit: number,
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const encoding = request.headers.get('content-encoding')?.trim().toLowerCase() || 'identity'
  if (encoding !== 'identity') {
    throw new HttpError({ status: 415, message: 'Compressed request bodies are not supported' })
  }
  // The declared length is trusted only for an early rejection; the bytes are counted anyway.
  if (Number(request.headers.get('content-length')) > limit) throw tooLarge(limit)
  const { bytes, isWhole } = await readBytes(request.body, limit, signal)
  if (isWhole) return bytes
  throw tooLarge(limit)
}

function tooLarge(limit: number): HttpError {
  return new HttpError({
    status: 413,
    code: 'request_too_large',
    message: `Request body exceeds ${limit} bytes`,
  })
}

/** Reads a stream up to a limit, and cancels it beyond that. */
export async function readBytes(
  stream: ReadableStream<Uint8Array> | null,
  limit: number,
  signal?: AbortSignal,
): Promise<{ bytes: Uint8Array<ArrayBuffer>; isWhole: boolean }> {
  signal?.throwIfAborted()
  const reader = stream?.getReader()
  // The stream may have failed already; the rest of it is not needed.
  const cancel = () => void reader?.cancel(signal?.reason).catch(() => {})
  signal?.addEventListener('abort', cancel)
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
    signal?.removeEventListener('abort', cancel)
  }
  if (!isWhole) cancel()
  const bytes = new Uint8Array(Math.min(size, limit))
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.byteLength
  }
  return { bytes, isWhole }
}
