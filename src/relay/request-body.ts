/**
 * The requests that a relay reads.
 */
import { readBody } from '../edge/read-body.ts'
import { HttpError } from '../edge/http-error.ts'
import type { RelayCall } from './match-route.ts'

/**
 * The body of a request.
 * @param limit in bytes
 * @throws {HttpError} 413, 415
 */
export async function readRequest(
  request: Request,
  limit: number,
): Promise<Uint8Array<ArrayBuffer>> {
  // A form of a foreign page needs no preflight, so that cookies would come along.
  if (!/^application\/json\b/i.test(request.headers.get('content-type') ?? '')) {
    throw new HttpError({ status: 415, message: 'The content type must be application/json' })
  }
  try {
    return await readBody(request, limit)
  } catch (refused) {
    request.body?.cancel().catch(() => {}) // it may be over, or have failed meanwhile
    throw refused
  }
}

/**
 * The body to send where only some models are allowed. It is written anew, since two parsers may not agree on
 * which of two members of one name counts.
 * @throws {HttpError} 400, 404
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
    throw new HttpError({
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
  throw new HttpError({ status: 400, message: 'The body is not a JSON object' })
}
