/**
 * A model that runs inside of the page: WebLLM, wllama.
 */
import { BaseChatModel } from '../chat/base.ts'
import type { StreamEvent } from '../event.ts'

/** A model that runs inside of the page: WebLLM, wllama. */
export class EngineLLM extends BaseChatModel {
  static override readonly serverName: string = 'engine'

  // oxlint-disable-next-line require-yield -- to be written
  protected override async *_chatStream(): AsyncGenerator<StreamEvent[]> {
    throw new Error('To be written')
  }
}
