import { expect, test } from 'vitest'
import type { HttpError } from '../../../../../src/edge/http-error.ts'
import { checkLimits } from '../../../../../src/gateway/limits.ts'
import { chatCompletions } from '../../../../../src/gateway/formats/chat-completions.ts'
import { decodeRequest } from '../../../../../src/gateway/formats/chat-completions/decode.ts'
import { messages as anthropicMessages } from '../../../../../src/gateway/formats/messages.ts'
import { responses } from '../../../../../src/gateway/formats/responses.ts'

const messages = [{ role: 'user', content: 'Hi' }]
const limits = checkLimits({})
const decode = (body: object, given = limits) =>
  decodeRequest({ model: 'fast', messages, ...body }, given)

function refusal(body: object): { param?: string; message: string } {
  try {
    decode(body)
  } catch (error) {
    return (error as { body: { param?: string; message: string } }).body
  }
  throw new Error('It was let through')
}

test('a list of allowed tools leaves the others out', () => {
  const named = (name: string) => ({ type: 'function', function: { name } })
  const choose = (mode: string, ...names: string[]) =>
    decode({
      tools: [named('a'), named('b')],
      tool_choice: { type: 'allowed_tools', allowed_tools: { mode, tools: names.map(named) } },
    }).chat
  expect(choose('required', 'b')).toEqual({
    messages,
    tools: [named('b')],
    toolChoice: 'required',
  })
  expect(choose('auto', 'a')).toMatchObject({ tools: [named('a')], toolChoice: 'auto' })
  expect(choose('auto')).toEqual({ messages })
})

test('every option gets our name', () => {
  const { chat } = decode({
    temperature: 0,
    top_p: 0.5,
    top_k: 5,
    presence_penalty: 1,
    frequency_penalty: -1,
    repetition_penalty: 1.1,
    seed: 3,
    stop: 'END',
    max_tokens: 10,
    max_completion_tokens: 20,
    parallel_tool_calls: false,
    reasoning_effort: 'low',
    tool_choice: { type: 'function', function: { name: 'a', extra: 1 } },
    tools: [{ type: 'function', x: 1, function: { name: 'a', description: null, strict: true } }],
    response_format: { type: 'json_schema', json_schema: { name: 'n', schema: {}, strict: null } },
  })
  expect(chat).toEqual({
    messages,
    temperature: 0,
    topP: 0.5,
    topK: 5,
    presencePenalty: 1,
    frequencyPenalty: -1,
    repetitionPenalty: 1.1,
    seed: 3,
    stop: 'END',
    maxTokens: 20,
    parallelToolCalls: false,
    reasoning: { effort: 'low' },
    toolChoice: { type: 'function', function: { name: 'a' } },
    tools: [{ type: 'function', function: { name: 'a', strict: true } }],
    responseFormat: { type: 'json_schema', json_schema: { name: 'n', schema: {} } },
  })
})

test('what only Mistral’s clients send is understood', () => {
  const call = (args: unknown) => ({ id: 'a', function: { name: 'f', arguments: args } })
  const picture = { type: 'image_url', image_url: 'https://a.example/b.png' }
  const { chat } = decode({
    random_seed: 5,
    safe_prompt: false,
    tool_choice: 'any',
    tools: [{ type: 'function', function: { name: 'f' } }],
    messages: [
      { role: 'user', content: [picture] },
      { role: 'assistant', prefix: false, tool_calls: [call({ a: 1 })] },
      { role: 'tool', name: 'f', tool_call_id: 'a', content: 'x' },
    ],
  })
  expect(chat).toMatchObject({
    seed: 5,
    toolChoice: 'required',
    messages: [
      { content: [{ image_url: { url: 'https://a.example/b.png' } }] },
      { tool_calls: [{ function: { name: 'f', arguments: '{"a":1}' } }] },
      { role: 'tool' },
    ],
  })
  expect(refusal({ safe_prompt: true }).message).toMatch(/^safe_prompt must be false/)
  const vendors = { ...picture, image_url: 'gs://a/b' }
  expect(refusal({ messages: [{ role: 'user', content: [vendors] }] }).message).toMatch(/data URL/)
})

test('frames of a video are taken as DashScope’s clients send them', () => {
  const asked = (video: unknown) => {
    const part = { type: 'video', video, fps: 2, total_pixels: 9 }
    return { messages: [{ role: 'user', content: [part] }] }
  }
  const frames = ['https://a.example/1.png', 'data:image/png;base64,AA==']
  expect(decode(asked(frames)).chat.messages).toEqual([
    { role: 'user', content: [{ type: 'video', video: frames, fps: 2 }] },
  ])
  expect(refusal(asked(['https://a.example/1.png', 'oss://a/b'])).message).toMatch(
    /content\[0\]\.video\[1\] must be an http\(s\) or data URL/,
  )
  for (const wrong of ['https://a.example/1.png', [{ url: 'https://a.example/1.png' }]])
    expect(refusal(asked(wrong)).message).toMatch(/video/)
})

test.each([
  [{ reasoning_effort: 'low' }, { effort: 'low' }],
  [{ enable_thinking: true }, true],
  [{ enable_thinking: false, reasoning_effort: 'low', thinking_budget: 9 }, false],
  [{ enable_thinking: true, thinking_budget: 512 }, { budget: 512 }],
  [{ chat_template_kwargs: { enable_thinking: false } }, false],
  [{ chat_template_kwargs: { thinking: true, reasoning_effort: 'high' } }, { effort: 'high' }],
  [{ thinking: { type: 'enabled', clear_thinking: false } }, true],
  [{ thinking: { type: 'enabled' }, reasoning_effort: 'max' }, { effort: 'max' }],
  [{ thinking: { type: 'disabled' } }, false],
  [{ thinking: { type: 'auto' } }, undefined],
  [{ reasoning: { effort: 'high', exclude: false } }, { effort: 'high' }],
  [{ reasoning: { enabled: true, max_tokens: 2000 } }, { budget: 2000 }],
  [{ reasoning: { enabled: false } }, false],
  [{ reasoning: null, thinking: {}, chat_template_kwargs: {}, thinking_budget: 0 }, undefined],
])('reasoning as clients of vendors set it: %j', (members, expected) => {
  expect(decode(members).chat.reasoning).toEqual(expected)
})

test.each([
  [{ enable_thinking: 'true' }, 'enable_thinking'],
  [{ thinking_budget: -1 }, 'thinking_budget'],
  [{ chat_template_kwargs: { add_generation_prompt: false } }, 'chat_template_kwargs'],
  [{ thinking: { type: 'maybe' } }, 'thinking'],
  [{ reasoning: { exclude: true } }, 'reasoning'],
  [{ reasoning: 'high' }, 'reasoning'],
])('reasoning that cannot be set so is refused: %j', (members, path) => {
  expect(refusal(members).message.startsWith(path)).toBe(true)
})

test('null means absent, and what changes nothing is left out', () => {
  const { chat, ...rest } = decode({
    temperature: null,
    stop: null,
    stream: null,
    n: 1,
    logprobs: false,
    logit_bias: {},
    store: true,
    metadata: { a: 'b' },
    service_tier: 'auto',
    user: 'u',
    tools: [],
    functions: [],
    function_call: 'auto',
    tool_choice: 'auto',
    parallel_tool_calls: false,
    verbosity: 'low',
    response_format: { type: 'text' },
  })
  expect(chat).toEqual({ messages, verbosity: 'low' })
  expect(rest).toEqual({
    model: 'fast',
    stream: false,
    encoding: { includeUsage: false },
    user: 'u',
  })
})

/** A call, and its result with a picture. */
function result({ tool_call_id = 'c' as unknown, text = 'x' as unknown }): object[] {
  const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }
  const image = { type: 'image_url', image_url: { url: 'https://a.example/b.png' } }
  return [
    { role: 'assistant', content: null, tool_calls: [call] },
    { role: 'tool', tool_call_id, content: [{ type: 'text', text }, image] },
  ]
}

test.each([
  [{ n: 2 }, 'n'],
  [{ logprobs: true }, 'logprobs'],
  [{ modalities: ['text', 'audio'] }, 'modalities'],
  [{ web_search_options: {} }, 'web_search_options'],
  [{ temperature: '1' }, 'temperature'],
  [{ max_tokens: 0 }, 'max_tokens'],
  [{ stop: [1] }, 'stop'],
  [{ stop: Array.from({ length: 17 }, () => 'a') }, 'stop'],
  [{ tools: [{ type: 'function', function: { name: '' } }] }, 'tools[0].function.name'],
  [{ tools: {} }, 'tools'],
  [{ tool_choice: 'some' }, 'tool_choice'],
  [{ tool_choice: { type: 'allowed_tools' } }, 'tool_choice'],
  [{ functions: [{ name: 'a' }] }, 'functions'],
  [{ function_call: { name: 'a' } }, 'function_call'],
  [{ response_format: { type: 'xml' } }, 'response_format'],
  [{ response_format: { type: 'json_schema' } }, 'response_format'],
  [{ stream: 'yes' }, 'stream'],
  [{ model: '' }, 'model'],
  [{ messages: 'Hi' }, 'messages'],
  [{ messages: [null] }, 'messages[0]'],
  [{ messages: [{ role: 'function', content: 'x' }] }, 'messages[0].role'],
  [
    { messages: [{ role: 'user', content: [{ type: 'image_url' }] }] },
    'messages[0].content[0].image_url',
  ],
  [{ messages: [{ role: 'tool', content: 'x', tool_call_id: 'y' }] }, 'messages[0].tool_call_id'],
  [{ messages: [{ role: 'assistant', function_call: {} }] }, 'messages[0].function_call'],
  [{ unknown: 1 }, 'unknown'],
  [{ stop: ['a'.repeat(257)] }, 'stop'],
  [{ user: 'u'.repeat(513) }, 'user'],
  [{ model: 'm'.repeat(513) }, 'model'],
  [
    { messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'file_1' } }] }] },
    'messages[0].content[0].file.file_id',
  ],
  [
    { messages: [{ role: 'user', content: [{ type: { toString: 1 } }] }] },
    'messages[0].content[0].type',
  ],
  [{ messages: [{ role: 'user', content: 'x', name: 5 }] }, 'messages[0].name'],
  [{ messages: result({ tool_call_id: { toString: 1 } }) }, 'messages[1].tool_call_id'],
  [{ messages: result({ text: { toString: 1 } }) }, 'messages[1].content[0].text'],
  ...['gs://b/f', 'oss://b/f', 'file:///etc/hosts', 'https://api.openai.com/v1/files/f'].map(
    (url): [object, string] => [
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }] },
      'messages[0].content[0].image_url.url',
    ],
  ),
])('%j is refused by its name', (body, param) => {
  expect(refusal(body)).toMatchObject({ status: 400, param })
})

test('messages keep the members of their role only', () => {
  const { chat } = decode({
    messages: [
      { role: 'user', content: 'Hi', name: 'me', base_url: 'x' },
      {
        role: 'assistant',
        content: null,
        refusal: null,
        annotations: [],
        parsed: {},
        audio: null,
        reasoning_content: 'hm',
        reasoning_details: [1],
        prefix: true,
        provider_data: 'cw1.x',
        tool_calls: [
          {
            index: 0,
            id: 'c',
            type: 'function',
            function: { name: 'f', arguments: '{}', parsed_arguments: {} },
          },
        ],
      },
      { role: 'tool', content: 'ok', tool_call_id: 'c' },
      { role: 'assistant', content: null, refusal: 'No' },
      { role: 'assistant', content: [{ type: 'refusal', refusal: 'No' }] },
    ],
  })
  expect(chat.messages).toEqual([
    { role: 'user', content: 'Hi', name: 'me' },
    {
      role: 'assistant',
      content: null,
      reasoning_content: 'hm',
      provider_data: 'cw1.x',
      tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
    },
    { role: 'tool', content: 'ok', tool_call_id: 'c' },
    { role: 'assistant', content: 'No' },
    { role: 'assistant', content: [{ type: 'text', text: 'No' }] },
  ])
})

test('a limit of tokens lowers what is asked, and stands where nothing is', () => {
  const limited = checkLimits({ maxTokens: 100 })
  expect(decode({}, limited).chat.maxTokens).toBe(100)
  expect(decode({ max_tokens: 7 }, limited).chat.maxTokens).toBe(7)
  expect(decode({ max_completion_tokens: 700 }, limited).chat.maxTokens).toBe(100)
})

test('limits are checked when the gateway is made', () => {
  expect(() => checkLimits({ maxBodyBytes: -1 })).toThrow('limits.maxBodyBytes must be')
  expect(() => checkLimits({ maxBody: 1 } as never)).toThrow('limits.maxBody is not a known member')
})

const schema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] }
const image = 'data:image/png;base64,iVBORw0KGgo='
const picture = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } }

test.each([
  [
    chatCompletions,
    {
      stream_options: { include_usage: true },
      temperature: 1,
      stop: ['x'],
      logit_bias: {},
      tools: [{ type: 'function', function: { name: 'f', parameters: schema, strict: true } }],
      tool_choice: {
        type: 'allowed_tools',
        allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name: 'f' } }] },
      },
      response_format: { type: 'json_schema', json_schema: { name: 'n', schema } },
      messages: [
        { role: 'user', content: [{ type: 'image_url', image_url: { url: image } }], name: 'n' },
        ...result({}),
      ],
    },
  ],
  [
    anthropicMessages,
    {
      max_tokens: 5,
      thinking: { type: 'enabled', budget_tokens: 1024 },
      context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] },
      output_config: { effort: 'low', format: { type: 'json_schema', schema } },
      system: [{ type: 'text', text: 's' }],
      tools: [{ name: 'f', input_schema: schema }],
      tool_choice: { type: 'tool', name: 'f' },
      messages: [
        {
          role: 'user',
          content: [
            picture,
            { type: 'document', source: { type: 'content', content: [picture] } },
            {
              type: 'search_result',
              source: 's',
              title: 't',
              content: [{ type: 'text', text: 'x' }],
            },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'h', signature: 's' },
            { type: 'tool_use', id: 't', name: 'f', input: {} },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 't', is_error: true, content: [picture] },
            { type: 'tool_reference', tool_name: 'f' },
          ],
        },
      ],
    },
  ],
  [
    responses,
    {
      reasoning: { effort: 'low' },
      text: { format: { type: 'json_schema', name: 'n', schema }, verbosity: 'low' },
      include: ['reasoning.encrypted_content'],
      tools: [
        { type: 'function', name: 'f', parameters: schema },
        { type: 'custom', name: 'g', format: { type: 'grammar', syntax: 'lark', definition: 'x' } },
        { type: 'shell', environment: { type: 'local' } },
        { type: 'namespace', name: 'ns', tools: [{ type: 'function', name: 'h' }] },
      ],
      tool_choice: {
        type: 'allowed_tools',
        mode: 'auto',
        tools: [{ type: 'function', name: 'f' }],
      },
      input: [
        { role: 'user', content: [{ type: 'input_image', image_url: image }] },
        { type: 'reasoning', summary: [], encrypted_content: 'e' },
        { role: 'assistant', content: [{ type: 'output_text', text: 'x' }] },
        { type: 'function_call', call_id: 'a', name: 'h', namespace: 'ns', arguments: '{}' },
        { type: 'function_call_output', call_id: 'a', output: [{ type: 'input_text', text: 'x' }] },
        { type: 'shell_call', call_id: 'b', action: { commands: ['ls'] } },
        { type: 'shell_call_output', call_id: 'b', output: [{ stdout: 'x', outcome: {} }] },
        { type: 'tool_search_call', call_id: 'c', execution: 'client', arguments: { goal: 'x' } },
        { type: 'tool_search_output', call_id: 'c', tools: [{ type: 'function', name: 'z' }] },
        { type: 'agent_message', author: 'a', content: [{ type: 'input_text', text: 'x' }] },
      ],
    },
  ],
])('a member of another type is taken or refused, and never fails: %#', (format, rest) => {
  const body = { model: 'fast', stream: false, ...rest }
  format.decode(body, limits)
  const odd = { toString: 1 }
  for (const path of pathsOf(body)) {
    for (const value of [odd, [odd], { type: odd, name: odd }, null, true, 5, 'x', [], [[]]]) {
      const changed = structuredClone(body)
      let parent: Record<string, any> = changed
      for (const key of path.slice(0, -1)) parent = parent[key]
      parent[path.at(-1)!] = value
      try {
        format.decode(changed, limits)
      } catch (error) {
        const { status } = (error as Partial<HttpError>).body ?? {}
        expect(status, `${path.join('.')} = ${JSON.stringify(value)}`).toBe(400)
      }
    }
  }
})

function pathsOf(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, one]) => [
    [key],
    ...pathsOf(one).map((path) => [key, ...path]),
  ])
}
