/**
 * Reads and checks the body of a request.
 */
import type { BodyLimits } from '../edge/read-body.ts'
import { readBody } from '../edge/read-body.ts'
import { HttpError } from '../edge/http-error.ts'
import type { RelayCall } from './match-route.ts'
import { parseJSON } from '../parse-json.ts'

/**
 * Reads the body of a request.
 * @throws {HttpError} 400, 408, 413, 415
 */
export async function readRequest(
  request: Request,
  limits: BodyLimits,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  // A cross-origin form needs no preflight, and would send its cookies.
  if (!/^application\/json *(;|$)/i.test(request.headers.get('content-type') ?? '')) {
    throw new HttpError({ status: 415, message: 'Content-Type must be application/json' })
  }
  try {
    return await readBody(request, limits, signal)
  } catch (error) {
    request.body?.cancel().catch(() => {}) // it may have ended or failed already
    throw error
  }
}

/**
 * Checks the model against the allowed ones and returns the body to send. It is serialized again, since parsers
 * may disagree on which of two duplicate keys counts.
 * @throws {HttpError} 400, 404
 */
export function checkModels(
  { model, target }: RelayCall,
  body: Uint8Array<ArrayBuffer> | undefined,
): Uint8Array<ArrayBuffer> | undefined {
  const { models } = target
  if (!models) return body
  const value = parse(body)
  // OpenRouter also accepts a list of models.
  const named = [model, value?.model, value?.models].flat().filter((name) => name !== undefined)
  if (named.length === 0 || !named.every((name) => models.includes(name as string))) {
    throw new HttpError({
      status: 404,
      code: 'model_not_found',
      message: 'No such model',
    })
  }
  return body && new TextEncoder().encode(JSON.stringify(value))
}

function parse(body: Uint8Array | undefined): Record<string, unknown> | undefined {
  if (!body) return undefined
  const value = parseJSON(new TextDecoder().decode(body))
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  throw new HttpError({ status: 400, message: 'Request body is not a JSON object' })
}
