/**
 * Limits on one request.
 */
import { checkMembers, optional, rule } from '../validation/shape.ts'
import { HttpError } from '../edge/http-error.ts'
import { MAX_BODY_BYTES, readBody, UPLOAD_TIMEOUT } from '../edge/read-body.ts'

/** Limits on one request. `admit` handles limits per caller. */
export interface GatewayLimits {
  /**
   * Maximum size of a request body in bytes, including images.
   * @default 4_194_304
   */
  maxBodyBytes?: number | undefined
  /**
   * Longest wait for the next piece of a request body, in milliseconds; then the answer is 408.
   * @default 60_000
   */
  uploadTimeout?: number | undefined
  /**
   * Maximum nesting of a body, in levels.
   * @default 64
   */
  maxDepth?: number | undefined
  /**
   * Maximum number of messages in a request.
   * @default 1000
   */
  maxMessages?: number | undefined
  /**
   * Maximum number of tokens in a reply. Lowers a higher value in the request, and applies to a request without
   * one. A reply that reaches it ends with `length`.
   * @default the model's own limit
   */
  maxTokens?: number | undefined
  /**
   * Maximum time from the request to the end of the reply in milliseconds, including `authorize`, `admit` and
   * `cache`.
   * @default 600_000
   */
  totalTimeout?: number | undefined
}

/** Limits with their defaults. */
export type Limits = Record<Exclude<keyof GatewayLimits, 'maxTokens'>, number> &
  Pick<GatewayLimits, 'maxTokens'>

const count = optional(
  rule(
    'must be a whole number above 0 (at most 2147483647)',
    (value) => Number.isInteger(value) && value > 0 && value < 2 ** 31,
  ),
)

/** @throws {ConfigError} `invalid_config` */
export function checkLimits(given: GatewayLimits = {}): Limits {
  const names = { maxBodyBytes: count, maxDepth: count, maxMessages: count, maxTokens: count }
  const times = { totalTimeout: count, uploadTimeout: count }
  checkMembers({ ...names, ...times }, given, 'invalid_config', 'limits')
  return {
    maxBodyBytes: given.maxBodyBytes ?? MAX_BODY_BYTES,
    maxDepth: given.maxDepth ?? 64,
    maxMessages: given.maxMessages ?? 1000,
    maxTokens: given.maxTokens,
    totalTimeout: given.totalTimeout ?? 600_000,
    uploadTimeout: given.uploadTimeout ?? UPLOAD_TIMEOUT,
  }
}

/**
 * Reads the JSON body of a request, within limits of size, depth and time.
 * @throws {HttpError} 400, 408, 413, 415
 */
export async function readJSON(
  request: Request,
  limits: Limits,
  signal: AbortSignal,
): Promise<unknown> {
  // A cross-origin form needs no preflight, and would send its cookies.
  if (!/^application\/([\w.-]+\+)?json *(;|$)/i.test(request.headers.get('content-type') ?? '')) {
    throw new HttpError({ status: 415, message: 'Content-Type must be application/json' })
  }
  const bytes = await readBody(request, limits, signal)
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw new HttpError({ status: 400, message: 'Request body is not valid JSON' })
  }
  if (isDeeper(value, limits.maxDepth)) {
    throw new HttpError({
      status: 400,
      message: `Request body is nested deeper than ${limits.maxDepth} levels`,
    })
  }
  return value
}

/** Counts levels without recursion, node by node: an image of a megabyte is one node. */
function isDeeper(value: unknown, limit: number): boolean {
  let level = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limit) return true
    level = level.flatMap((node) =>
      typeof node === 'object' && node !== null ? Object.values(node) : [],
    )
  }
  return false
}
