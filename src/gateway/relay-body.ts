/**
 * The bodies that a relay reads: a stranger's request, whole and within its limit, and an upstream's error.
 */
import { Refused } from './refusal.ts'
import type { RelayCall } from './relay-targets.ts'

/**
 * The body of a request. It is read whole: streamed uploads work in some runtimes only, and not over HTTP/1.1 in others.
 * @param limit in bytes
 * @throws {Refused} 413, 415
 */
export async function readRequest(
  request: Request,
  limit: number,
): Promise<Uint8Array<ArrayBuffer>> {
  // A form of a foreign page needs no preflight, so that cookies would come along.
  if (!/^application\/json\b/i.test(request.headers.get('content-type') ?? '')) {
    throw new Refused({ status: 415, message: 'The content type must be application/json' })
  }
  const { bytes, isWhole } = await readBytes(request.body, limit, announced(request) > limit)
  if (isWhole) return bytes
  throw new Refused({ status: 413, message: `The body is larger than ${limit} bytes` })
}

/** Believed only when it is bad news: the bytes are counted anyway. */
function announced(request: Request): number {
  return Number(request.headers.get('content-length'))
}

/** Bytes of a stream up to a limit; beyond it the stream is cancelled. */
export async function readBytes(
  stream: ReadableStream<Uint8Array> | null,
  limit: number,
  isTooLong = false,
): Promise<{ bytes: Uint8Array<ArrayBuffer>; isWhole: boolean }> {
  const reader = stream?.getReader()
  const pieces: Uint8Array[] = []
  let size = 0
  let isWhole = !isTooLong
  while (isWhole) {
    const { value } = (await reader?.read()) ?? {}
    if (!value) break
    size += value.byteLength
    isWhole = size <= limit
    pieces.push(isWhole ? value : value.subarray(0, value.byteLength - (size - limit)))
  }
  // What is cancelled may have failed meanwhile: nobody wants the rest of it.
  if (!isWhole) reader?.cancel().catch(() => {})
  const bytes = new Uint8Array(Math.min(size, limit))
  let at = 0
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.byteLength
  }
  return { bytes, isWhole }
}

/**
 * The body to send where only some models are allowed. It is written anew, since two parsers may not agree on
 * which of two members of one name counts.
 * @throws {Refused} 400, 404
 */
export function checkModels(
  { model, target }: RelayCall,
  body: Uint8Array<ArrayBuffer> | undefined,
): Uint8Array<ArrayBuffer> | undefined {
  const { models } = target
  if (!models) return body
  const value = parse(body)
  // OpenRouter takes a list too, of which it chooses.
  const named = [model, value?.model, value?.models].flat().filter((name) => name !== undefined)
  if (named.length === 0 || !named.every((name) => models.includes(name as string))) {
    throw new Refused({
      status: 404,
      code: 'model_not_found',
      message: 'The relay has no such model',
    })
  }
  return body && new TextEncoder().encode(JSON.stringify(value))
}

function parse(body: Uint8Array | undefined): Record<string, unknown> | undefined {
  if (!body) return undefined
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder().decode(body))
  } catch {
    value = undefined // told below, in words of our own
  }
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  throw new Refused({ status: 400, message: 'The body is not a JSON object' })
}
