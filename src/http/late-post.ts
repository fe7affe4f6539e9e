/**
 * Sends a request for a class of the user's. ky loads with the first one: it creates a `Request` when it loads, which
 * Fastly Compute forbids before there is a request to handle.
 */
import { assertConfig } from '../assert-config.ts'
import type { Call } from '../call.ts'
import { isRecord } from '../is-record.ts'
import { loadPart } from '../load-part.ts'
import type { PostRequest } from './client.ts'

/**
 * Sends JSON and resolves with the response once its headers have arrived with a 2xx status.
 * @throws {ServiceError} for any other status, read by `decodeError`
 * @throws {StreamError} `connection_failed`
 * @throws {TimeoutError} `which: 'response'`
 * @throws {ConfigError} `invalid_config` unless request and call are objects
 */
export async function post(url: string, request: PostRequest, call: Call): Promise<Response> {
  assertConfig(isRecord(request), 'request must be an object')
  assertConfig(isRecord(call), 'call must be an object')
  const client = await loadPart(() => import('./client.ts'))
  return await client.post(url, request, call)
}
