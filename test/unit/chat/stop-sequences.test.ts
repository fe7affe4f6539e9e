import { describe, expect, test } from 'vitest'
import { mergeStop, stopWordsOf } from '../../../src/chat/stop-sequences.ts'

const IM_END = ['<|im_end|>']
const EOT = ['<|eot_id|>']
const END = ['</s>']
const AGENT = [' \n\n</s>']
const variants = (name: string, ...tails: string[]) => [name, ...tails.map((tail) => name + tail)]

// The table of modelscope-agent, row by row.
const TABLE: readonly (readonly [stop: readonly string[], names: readonly string[]])[] = [
  [IM_END, ['qwen', 'qwen1half', 'qwen1.5']],
  [
    IM_END,
    ['1_8b', '7b', '14b', '72b'].flatMap((size) => variants(`qwen-${size}-chat`, '-int4', '-int8')),
  ],
  [IM_END, [...variants('qwen-vl-chat', '-int4'), ...variants('tongyi-finance-14b-chat', '-int4')]],
  [AGENT, ['modelscope-agent-7b', 'modelscope-agent-14b']],
  [
    EOT,
    ['8b', '70b'].flatMap((size) => variants(`llama3-${size}-instruct`, '-int4', '-int8', '-awq')),
  ],
  [END, ['llama2-7b-chat', 'llama2-13b-chat', 'llama2-70b-chat']],
]
const NONE = [
  'qwen-1_8b',
  'qwen-7b',
  'qwen-14b',
  'qwen-72b',
  'qwen-vl',
  'tongyi-finance-14b',
  'llama3-8b',
  'llama3-70b',
  'llama2-7b',
  'llama2-13b',
  'llama2-70b',
  'llama2-7b-aqlm-2bit-1x16',
  'mixtral-moe-7b-aqlm-2bit-1x16',
  'codefuse-qwen-14b-chat',
  'qwen-audio-chat',
  'qwen-audio',
  'mplug-owl2-chat',
  'llava1d6-yi-34b-instruct',
  'qwen-max',
  'qwen-plus',
  'qwen-turbo',
  'qwen2.5-72b-instruct',
  'qwen1.5-7b-chat',
  'glm-4',
  'gpt-4o',
  'deepseek-v3',
  'chatglm3-6b',
  'baichuan2-7b',
  'yi-6b-chat',
  '',
  '_',
  '/',
  ':',
  '_qwen',
  'constructor',
  '__proto__',
]

describe('stopWordsOf()', () => {
  test.each(TABLE.flatMap(([stop, names]) => names.map((name) => [name, stop] as const)))(
    '%s has %j',
    (name, stop) => {
      expect(stopWordsOf(name)).toEqual(stop)
    },
  )

  test.each(NONE)('%j has none', (name) => {
    expect(stopWordsOf(name)).toEqual([])
  })

  test.each([
    ['qwen_max', IM_END],
    ['qwen_', IM_END],
    ['qwen_7b', IM_END],
    ['qwen1.5_anything', IM_END],
    ['qwen1half_x', IM_END],
    ['qwen-1_8b-chat_x', IM_END],
    ['Qwen/Qwen-7B-Chat', IM_END],
    ['QWEN', IM_END],
    ['qwen:7b', IM_END],
    ['qwen2.5', IM_END],
    ['qwen2.5:7b', IM_END],
    ['qwen3:8b', IM_END],
    ['meta/Llama3-8B-Instruct', EOT],
    ['registry.example/org/llama3-8b-instruct:latest', EOT],
  ])('%s is found though it is spelled otherwise, and has %j', (name, stop) => {
    expect(stopWordsOf(name)).toEqual(stop)
  })
})

test.each([
  [undefined, 'gpt-4o', []],
  [undefined, 'qwen', IM_END],
  ['a', 'qwen', ['a', '<|im_end|>']],
  [['a', 'b', 'a', '', '<|im_end|>'], 'qwen', ['a', 'b', '<|im_end|>']],
  [[], 'qwen', IM_END],
  ['', 'gpt-4o', []],
])('mergeStop(%j, %s) gives %j: the own ones first, each once, none empty', (own, name, stop) => {
  expect(mergeStop(own, name)).toEqual(stop)
})
