/**
 * Anthropic's Messages API.
 */
import { BaseChatModel } from '../chat/base.ts'
import type { StreamEvent } from '../event.ts'

/** Anthropic's Messages API. */
export class AnthropicLLM extends BaseChatModel {
  static override readonly serverName: string = 'anthropic'

  // oxlint-disable-next-line require-yield -- to be written
  protected override async *_chatStream(): AsyncGenerator<StreamEvent[]> {
    throw new Error('To be written')
  }
}
