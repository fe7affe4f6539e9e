/**
 * Google's Gemini API.
 */
import { BaseChatModel } from '../chat/base.ts'
import type { StreamEvent } from '../event.ts'

/** Google's Gemini API. */
export class GeminiLLM extends BaseChatModel {
  static override readonly serverName: string = 'gemini'

  // oxlint-disable-next-line require-yield -- to be written
  protected override async *_chatStream(): AsyncGenerator<StreamEvent[]> {
    throw new Error('To be written')
  }
}
