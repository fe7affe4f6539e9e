/**
 * How much a stranger may ask of us.
 */
import { checkMembers, optional, rule } from '../validation/shape.ts'
import { readBody } from '../edge/read-body.ts'
import { HttpError } from '../edge/http-error.ts'

/** Limits on each request. Those on each caller are the `admit` hook's. */
export interface GatewayLimits {
  /**
   * Largest body of a request, in bytes. Pictures come inside of it.
   * @default 4_194_304
   */
  maxBodyBytes?: number | undefined
  /**
   * Deepest nesting of a body, in levels.
   * @default 64
   */
  maxDepth?: number | undefined
  /**
   * Most messages of a request.
   * @default 1000
   */
  maxMessages?: number | undefined
  /**
   * Most tokens of an answer: what is asked beyond is lowered to it, and where nothing is asked it is what is asked.
   * An answer that reaches it ends with `length`.
   * @default the model's own limit
   */
  maxTokens?: number | undefined
  /**
   * Longest time from the request to the end of the answer, in milliseconds.
   * @default 600_000
   */
  totalTimeout?: number | undefined
}

/** Limits with nothing left open but the number of tokens. */
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
  checkMembers({ ...names, totalTimeout: count }, given, 'invalid_config', 'limits')
  return {
    maxBodyBytes: given.maxBodyBytes ?? 4_194_304,
    maxDepth: given.maxDepth ?? 64,
    maxMessages: given.maxMessages ?? 1000,
    maxTokens: given.maxTokens,
    totalTimeout: given.totalTimeout ?? 600_000,
  }
}

/**
 * The JSON of a request, bounded in size and depth.
 * @throws {HttpError} 400, 413, 415
 */
export async function readJSON(
  request: Request,
  limits: Limits,
  signal: AbortSignal,
): Promise<unknown> {
  // A form of a foreign page needs no preflight, so that its cookies would come along.
  if (!/^application\/([\w.-]+\+)?json\b/i.test(request.headers.get('content-type') ?? '')) {
    throw new HttpError({ status: 415, message: 'The content type must be application/json' })
  }
  const bytes = await readBody(request, limits.maxBodyBytes, signal)
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    throw new HttpError({ status: 400, message: 'The body is not JSON' })
  }
  if (isDeeper(value, limits.maxDepth)) {
    throw new HttpError({
      status: 400,
      message: `The body is nested deeper than ${limits.maxDepth} levels`,
    })
  }
  return value
}

/** Without recursion, and by nodes: a picture of a megabyte is one. */
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
