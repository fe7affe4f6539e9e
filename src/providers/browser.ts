/**
 * The model built into the browser (Prompt API): no server, no key, nothing leaves the device.
 * @see https://developer.chrome.com/docs/ai/prompt-api
 * @module chatwire/providers/browser
 */
import type { Call } from '../call.ts'
import { BaseChatModel } from '../chat/base.ts'
import { ConfigError } from '../errors.ts'
import type { StreamEvent } from '../event.ts'
import { loadPart } from '../load-part.ts'
import type { Message } from '../message.ts'
import type { ModelConfig } from '../options.ts'
import type { SchemaDialect } from '../schema/vendor-support.ts'
import type { Availability } from './browser/session.ts'

/** Config properties of the built-in model. */
export interface BrowserConfig extends ModelConfig {
  /**
   * Called with the progress of the model's download, from 0 to 1. An error thrown here ends the call. Only
   * `totalTimeout` limits the download.
   */
  onDownloadProgress?: ((progress: number) => void) | undefined
}

/**
 * The browser's built-in model. There is only one, so `model` can be any name. Supports stop sequences and
 * `responseFormat`, but no tools (use `withPromptedTools`). `temperature` and `topK` work only where the browser
 * allows them, which is in extensions. Properties of `extraBody` become session options:
 * `{ samplingMode: 'predictable', expectedOutputs: [{ type: 'text', languages: ['de'] }] }`.
 * @throws {ConfigError} `invalid_config` if there is no such model, such as in workers
 * @throws {ConfigError} `unsupported_option`, `invalid_messages`
 * @see https://developer.chrome.com/docs/ai/prompt-api
 * @example new BrowserLLM({ model: 'built-in', onDownloadProgress: (part) => (bar.value = part) })
 */
export class BrowserLLM extends BaseChatModel {
  static override readonly serverName: string = 'browser'
  static override readonly configMembers: readonly string[] = ['onDownloadProgress']

  /** @throws {ConfigError} `invalid_config` */
  constructor(config: BrowserConfig) {
    super(config)
    if (config.onDownloadProgress && typeof config.onDownloadProgress !== 'function')
      throw new ConfigError('invalid_config', 'config.onDownloadProgress must be a function')
  }

  override supportFunctionCalling(): boolean {
    return false
  }

  override supportResponseFormat(): boolean {
    return true
  }

  override schemaDialects(): readonly SchemaDialect[] {
    return ['llguidance']
  }

  /** Returns the availability of the model without starting its download. Never rejects. */
  async availability(): Promise<Availability> {
    try {
      const { askAvailability } = await loadPart(() => import('./browser/session.ts'))
      return await askAvailability({ ...this.config.extraBody })
    } catch {
      // Such as a frame without permission, which has no model in effect.
      return 'unavailable'
    }
  }

  protected override async *_chatStream(
    messages: readonly Message[],
    call: Call,
  ): AsyncGenerator<StreamEvent[]> {
    const { chat } = await loadPart(() => import('./browser/chat.ts'))
    yield* chat(messages, call, (this.config as BrowserConfig).onDownloadProgress)
  }
}
