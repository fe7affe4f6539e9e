/**
 * Errors in Anthropic's shape.
 * @see https://platform.claude.com/docs/en/api/errors
 */
import type { ErrorBody } from '../../../edge/http-error.ts'
import { toJSON } from '../../../well-formed.ts'

const TYPES: Record<number, string> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
}

/** Members by their names here, where errors name them as OpenAI does. */
const MEMBERS: Record<string, string> = {
  stop: 'stop_sequences',
  parallel_tool_calls: 'tool_choice.disable_parallel_tool_use',
  response_format: 'output_config.format',
  reasoning_effort: 'thinking',
}

export function encodeError({ status, message }: ErrorBody, requestId: string): string {
  const type = TYPES[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error')
  const told = message.replace(/^`(\w+)`/, (quoted, member: string) =>
    Object.hasOwn(MEMBERS, member) ? `\`${MEMBERS[member]}\`` : quoted,
  )
  const details = message.startsWith('thread ') && { details: UNTHREADED }
  const error = { type, message: told, ...details }
  return toJSON({ type: 'error', error, request_id: requestId }) as string
}

/** Makes Anthropic's tool runner send whole conversations: by default it asks for stored ones first. */
const UNTHREADED = { error_code: 'thread_unsupported_request', unsupported: ['thread'] }
