/**
 * Qwen on DashScope: features of Qwen models only.
 * @module chatwire/providers/dashscope-qwen
 */
import { DashScopeLLM } from './dashscope.ts'
import { pathOf } from './dashscope/models.ts'

/**
 * Qwen models on DashScope. They also support prompts without a chat template, which the caller writes:
 * `chatWithRawPrompt({ prompt: '<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n' })` sends it as
 * `input.prompt` with `use_raw_prompt`, on the text path only. Otherwise equal to `DashScopeLLM`.
 * @throws {ConfigError} `unsupported_option` for a raw prompt to a multimodal model
 * @see https://help.aliyun.com/zh/model-studio/dashscope-api-reference
 */
export class QwenChatAtDS extends DashScopeLLM {
  static override readonly serverName: string = 'dashscope_qwen'
  /** False for models of the multimodal path (`qwen-vl-…`, `qwen3.5-…`), which accept only messages. */
  override supportRawPrompt(): boolean {
    return pathOf(this.model) !== 'multimodal-generation'
  }
}
