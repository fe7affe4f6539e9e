/**
 * Qwen at DashScope: what only Qwen models can do there.
 * @module chatwire/providers/dashscope-qwen
 */
import { DashScopeLLM } from './dashscope.ts'
import { pathOf } from './dashscope/models.ts'

/**
 * Qwen models at DashScope. They also take a prompt without a chat template, which the caller
 * writes: `chatWithRawPrompt({ prompt: '<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n'
 * })` sends it as `input.prompt` with `use_raw_prompt`, on the text path only. Everything else is
 * as in `DashScopeLLM`.
 * @throws {ConfigError} `unsupported_option` for a raw prompt to a model that sees or hears
 * @see https://help.aliyun.com/zh/model-studio/dashscope-api-reference
 */
export class QwenChatAtDS extends DashScopeLLM {
  static override readonly serverName: string = 'dashscope_qwen'
  /**
   * False for the models of the multimodal path (`qwen-vl-…`, `qwen3.5-…`), which take messages
   * only.
   */
  override supportRawPrompt(): boolean {
    return pathOf(this.model) !== 'multimodal-generation'
  }
}
