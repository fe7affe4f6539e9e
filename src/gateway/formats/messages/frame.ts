/**
 * Frames of a stream: each event has its type as its name too.
 * @see https://platform.claude.com/docs/en/build-with-claude/streaming
 */
export function frame(type: string, members: Record<string, unknown> = {}): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`
}
