/**
 * The model that is built into the browser (Prompt API).
 */
import { BaseChatModel } from '../chat/base.ts'
import type { StreamEvent } from '../event.ts'

/** The model that is built into the browser (Prompt API). */
export class BrowserLLM extends BaseChatModel {
  static override readonly serverName: string = 'browser'

  // oxlint-disable-next-line require-yield -- to be written
  protected override async *_chatStream(): AsyncGenerator<StreamEvent[]> {
    throw new Error('To be written')
  }
}
