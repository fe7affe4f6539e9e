// transformers.js as a provider of your own. Run it: npm install chatwire @huggingface/transformers
import * as hf from '@huggingface/transformers'
import { BaseChatModel } from 'chatwire/core'

export class TransformersLLM extends BaseChatModel {
  #loading
  #load() {
    const tokenizer = hf.AutoTokenizer.from_pretrained(this.model)
    const model = hf.AutoModelForCausalLM.from_pretrained(this.model, this.config.extraBody)
    const loading = Promise.all([tokenizer, model])
    loading.catch(() => (this.#loading = undefined)) // the next chat loads again
    return loading
  }

  _chatStream(messages, { maxTokens = 512, temperature = 0 }) {
    const stopping = new hf.InterruptableStoppingCriteria()
    const start = async (controller) => {
      const [tokenizer, model] = await (this.#loading ??= this.#load())
      const send = (event) => stopping.interrupted || controller.enqueue(event)
      let completionTokens = 0
      const streamer = new hf.TextStreamer(tokenizer, {
        skip_prompt: true,
        skip_special_tokens: true,
        callback_function: (text) => send({ type: 'text-delta', text }),
        token_callback_function: (ids) => (completionTokens += ids.length),
      })
      const template = { add_generation_prompt: true, return_dict: true }
      const inputs = tokenizer.apply_chat_template(messages, template)
      const options = { max_new_tokens: maxTokens, stopping_criteria: stopping, streamer }
      const sampling = temperature > 0 && { do_sample: true, temperature }
      await model.generate({ ...inputs, ...options, ...sampling })
      const promptTokens = inputs.input_ids.dims.at(-1)
      const usage = { promptTokens, completionTokens, totalTokens: promptTokens + completionTokens }
      send({ type: 'usage', usage })
      send({ type: 'finish', finishReason: completionTokens < maxTokens ? 'stop' : 'length' })
      if (!stopping.interrupted) controller.close()
    }
    return new ReadableStream({ start, cancel: () => stopping.interrupt() })
  }
}
