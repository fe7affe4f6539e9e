/**
 * The stop words of a model's family, by its name, as modelscope-agent knows them.
 * @see https://github.com/modelscope/modelscope-agent/blob/master/modelscope_agent/llm/utils/llm_templates.py
 */

const IM_END = ['<|im_end|>']
const EOT_ID = ['<|eot_id|>']
const END = ['</s>']
const AGENT = [' \n\n</s>']

const FAMILIES: readonly (readonly [stop: readonly string[], names: string])[] = [
  [IM_END, 'qwen qwen1half qwen1.5'],
  [IM_END, 'qwen-1_8b-chat qwen-1_8b-chat-int4 qwen-1_8b-chat-int8'],
  [IM_END, 'qwen-7b-chat qwen-7b-chat-int4 qwen-7b-chat-int8'],
  [IM_END, 'qwen-14b-chat qwen-14b-chat-int4 qwen-14b-chat-int8'],
  [IM_END, 'qwen-72b-chat qwen-72b-chat-int4 qwen-72b-chat-int8'],
  [IM_END, 'qwen-vl-chat qwen-vl-chat-int4 tongyi-finance-14b-chat tongyi-finance-14b-chat-int4'],
  [AGENT, 'modelscope-agent-7b modelscope-agent-14b'],
  [
    EOT_ID,
    'llama3-8b-instruct llama3-8b-instruct-int4 llama3-8b-instruct-int8 llama3-8b-instruct-awq',
  ],
  [
    EOT_ID,
    'llama3-70b-instruct llama3-70b-instruct-int4 llama3-70b-instruct-int8 llama3-70b-instruct-awq',
  ],
  [END, 'llama2-7b-chat llama2-13b-chat llama2-70b-chat'],
]

const STOP_WORDS = new Map<string, readonly string[]>(
  FAMILIES.flatMap(([stop, names]) => names.split(' ').map((name) => [name, stop] as const)),
)

/**
 * The stop words of a model: of the longest left part of its name, cut at `_`, that is a known name; else none.
 * Unlike the ancestor it takes names in any case, with an organisation before (`Qwen/…`), a tag behind (`qwen:7b`)
 * or a version (`qwen2.5`).
 */
export function stopWordsOf(model: string): readonly string[] {
  const name = model.slice(model.lastIndexOf('/') + 1).toLowerCase()
  const bare = name.split(':', 1)[0] as string
  return find(name) ?? find(bare) ?? STOP_WORDS.get(bare.replace(/\d[\d.]*$/, '')) ?? []
}

function find(name: string): readonly string[] | undefined {
  const parts = name.split('_')
  for (let length = parts.length; length > 0; length--) {
    const stop = STOP_WORDS.get(parts.slice(0, length).join('_'))
    if (stop) return stop
  }
  return undefined
}

/**
 * All stop words of a call: the caller's, then the model's, each once. The caller's come first,
 * so that a server with a limit gets those; what it does not get is cut here (`stream/cut-stop.ts`).
 */
export function mergeStop(stop: string | readonly string[] | undefined, model: string): string[] {
  const own = typeof stop === 'string' ? [stop] : (stop ?? [])
  return [...new Set([...own, ...stopWordsOf(model)])].filter((word) => word !== '')
}
