/**
 * Frames of a stream: each event has its type as its name too.
 * @see https://platform.claude.com/docs/en/build-with-claude/streaming
 */
import { toJSON } from '../../../well-formed.ts'

export function frame(type: string, members: Record<string, unknown> = {}): string {
  return `event: ${type}\ndata: ${toJSON({ type, ...members })}\n\n`
}
