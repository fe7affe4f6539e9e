// A provider of your own over transformers.js: a model in the page, on WebGPU or WebAssembly.
// Use it: registerLLM('transformers', TransformersLLM), then getChatModel({ modelServer: 'transformers', model: … })
import { AutoModelForCausalLM, AutoTokenizer } from '@huggingface/transformers'
import { InterruptableStoppingCriteria, TextStreamer } from '@huggingface/transformers'
import { BaseChatModel } from 'chatwire/core'

export class TransformersLLM extends BaseChatModel {
  #loaded

  // `extraBody` is for transformers.js here: { dtype: 'q4', device: 'webgpu' }
  async #load() {
    this.#loaded ??= Promise.all([
      AutoTokenizer.from_pretrained(this.model),
      AutoModelForCausalLM.from_pretrained(this.model, this.config.extraBody),
    ])
    this.#loaded.catch(() => (this.#loaded = undefined)) // the next chat loads again
    return this.#loaded
  }

  _chatStream(messages, { maxTokens = 512, temperature = 0 }) {
    const stopping = new InterruptableStoppingCriteria()
    const start = async (controller) => {
      const [tokenizer, model] = await this.#load()
      const send = (event) => stopping.interrupted || controller.enqueue(event)
      let completionTokens = 0
      const streamer = new TextStreamer(tokenizer, {
        skip_prompt: true,
        skip_special_tokens: true,
        callback_function: (text) => send({ type: 'text-delta', text }),
        token_callback_function: (ids) => (completionTokens += ids.length),
      })
      const template = { add_generation_prompt: true, return_dict: true }
      const inputs = tokenizer.apply_chat_template(messages, template)
      const sampling = temperature > 0 ? { do_sample: true, temperature } : {}
      const options = { ...sampling, max_new_tokens: maxTokens, stopping_criteria: stopping }
      await model.generate({ ...inputs, ...options, streamer })
      const promptTokens = inputs.input_ids.dims.at(-1)
      const usage = { promptTokens, completionTokens, totalTokens: promptTokens + completionTokens }
      send({ type: 'usage', usage })
      send({ type: 'finish', finishReason: completionTokens < maxTokens ? 'stop' : 'length' })
      if (!stopping.interrupted) controller.close()
    }
    // The reader left, its signal aborted, or a stop sequence was found.
    return new ReadableStream({ start, cancel: () => stopping.interrupt() })
  }
}
