/**
 * The routes of Anthropic's API that a relay forwards.
 */
import type { RelayRoutes, RelayStream } from '../../wire/relay-routes.ts'

/** @see https://platform.claude.com/docs/en/api/errors */
const TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
}

const STREAM: RelayStream = {
  isRequested: ({ body }) => body.stream === true,
  encodeError({ status, message, error: own, body }) {
    const error = { type: TYPES[status] ?? 'api_error', status, message, ...own }
    return `event: error\ndata: ${JSON.stringify({ ...body, type: 'error', error })}\n\n`
  },
}

export const ANTHROPIC_ROUTES: RelayRoutes = {
  baseURL: 'https://api.anthropic.com/v1',
  appendRoot: true,
  calls: [/^POST \/messages$/],
  keyHeader: 'x-api-key',
  bearer: /^sk-ant-oat/,
  headers: ['anthropic-version', 'anthropic-beta'],
  stream: STREAM,
}
