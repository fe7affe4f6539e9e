/**
 * Ollama's own API.
 */
import { BaseChatModel } from '../chat/base.ts'
import type { StreamEvent } from '../event.ts'

/** Ollama's own API. */
export class OllamaLLM extends BaseChatModel {
  static override readonly serverName: string = 'ollama'

  // oxlint-disable-next-line require-yield -- to be written
  protected override async *_chatStream(): AsyncGenerator<StreamEvent[]> {
    throw new Error('To be written')
  }
}
