/**
 * Detects replies that their vendor paused.
 */
import type { ChatResult } from '../event.ts'

/**
 * True for a long turn that the vendor paused. The model continues once its message is sent back unchanged.
 * @see https://platform.claude.com/docs/en/api/handling-stop-reasons
 */
export function isPaused({ rawFinishReason }: ChatResult): boolean {
  return rawFinishReason === 'pause_turn'
}
