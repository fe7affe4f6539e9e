/**
 * Streams of the OpenAI format, as a relay answers in place of a silent server.
 */
import type { RelayStream } from '../relay-routes.ts'

/** Chat and text completions report an error as an object, the Responses API as an event. */
export const OPENAI_STREAM: RelayStream = {
  isRequested: ({ body }) => body.stream === true,
  encodeError({ url, status, message, error: own, body }) {
    // Errors here have no status of their own; ours comes first, so that one of the vendor's wins.
    const error = { status, message, ...own }
    if (!/\/responses(\?|$)/.test(url)) return `data: ${JSON.stringify({ ...body, error })}\n\n`
    const { code = null, param = null } = own
    const event = { type: 'error', code, message, param, sequence_number: 0, error }
    return `event: error\ndata: ${JSON.stringify(event)}\n\n`
  },
}
