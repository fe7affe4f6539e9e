/**
 * Reads bodies into memory, within limits of size and time.
 */
import { TimeoutError } from '../errors.ts'
import { HttpError } from './http-error.ts'

/**
 * Default limit of a request body, in bytes: 4 MiB.
 */
export const MAX_BODY_BYTES = 4_194_304

/**
 * Default wait for the next piece of a request body, in milliseconds; that of nginx.
 * @see https://nginx.org/en/docs/http/ngx_http_core_module.html#client_body_timeout
 */
export const UPLOAD_TIMEOUT = 60_000

/** Limits of the body of a request. */
export interface BodyLimits {
  /** In bytes. */
  maxBodyBytes: number
  /** Longest wait for its next piece, in milliseconds. */
  uploadTimeout: number
}

/**
 * Reads the body of a request into memory, since streamed uploads work in some runtimes only.
 * @param signal aborts reading with its reason
 * @throws {HttpError} 400, 408, 413, 415
 */
export async function readBody(
  request: Request,
  { maxBodyBytes: limit, uploadTimeout }: BodyLimits,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const encoding = request.headers.get('content-encoding')?.trim().toLowerCase() || 'identity'
  if (encoding !== 'identity') {
    throw new HttpError({
      status: 415,
      message: 'Compressed request bodies are not supported',
      headers: { 'accept-encoding': 'identity' },
    })
  }
  // The declared length is trusted only for an early rejection; the bytes are counted anyway.
  if (Number(request.headers.get('content-length')) > limit) throw tooLarge(limit)
  const reading = new AbortController()
  const abort = () => reading.abort(signal.reason)
  let timer: ReturnType<typeof setTimeout> | undefined
  const restart = () => {
    clearTimeout(timer)
    const stalled = () => reading.abort(new TimeoutError('idle', uploadTimeout))
    timer = setTimeout(stalled, uploadTimeout)
  }
  if (signal.aborted) abort()
  else signal.addEventListener('abort', abort)
  restart()
  try {
    const { bytes, isWhole } = await readBytes(request.body, limit, reading.signal, restart)
    if (isWhole) return bytes
    throw tooLarge(limit)
  } catch (error) {
    if (reading.signal.reason instanceof TimeoutError) throw tooSlow()
    reading.signal.throwIfAborted()
    if (error instanceof HttpError) throw error
    throw new HttpError({ status: 400, message: 'The request body broke off' })
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}

function tooSlow(): HttpError {
  const message = 'The request body took too long to arrive'
  return new HttpError({ status: 408, code: 'timeout', message })
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
  onPiece?: () => void,
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
      onPiece?.()
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
