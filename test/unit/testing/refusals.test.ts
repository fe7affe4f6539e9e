/** Requests that vendors refuse, and that their simulators refuse too; and requests close to them that are accepted. */
import { describe, expect, test } from 'vitest'
import { simulate } from '../../../src/testing.ts'
import type { SimulatedVendor } from '../../../src/testing/simulator.ts'

const USER = { role: 'user', content: 'Hi' }
const SCHEMA = { type: 'object', properties: { a: { type: 'string' } } }
const CLOSED = { ...SCHEMA, required: ['a'], additionalProperties: false }
const CALL = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }
const RESULT = { role: 'tool', tool_call_id: 'c1', content: 'x' }
const calling = (...calls: object[]) => ({ role: 'assistant', content: '', tool_calls: calls })
const tool = (name: string, parameters: object = SCHEMA, more: object = {}) => ({
  type: 'function',
  function: { name, parameters, ...more },
})
const said = (...content: object[]) => ({ messages: [{ role: 'user', content }] })
const picture = (url: unknown) => said({ type: 'image_url', image_url: url })
const format = (json_schema: object) => ({ response_format: { type: 'json_schema', json_schema } })
const strict = (schema: object) => format({ name: 'x', strict: true, schema })
const of = (properties: object, more: object = {}) => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
  ...more,
})

async function ask(
  vendor: SimulatedVendor,
  url: string,
  body: object,
): Promise<string | undefined> {
  const response = await simulate(vendor, 'ok')(url, {
    method: 'POST',
    headers: {
      authorization: 'Bearer id.secret',
      'x-api-key': 'k',
      'x-goog-api-key': 'k',
      'anthropic-version': '2023-06-01',
      'content-type': 'application/json',
    },
    body: JSON.stringify(body),
  })
  if (response.ok) return undefined
  expect(response.status).toBe(400)
  return await response.text()
}

type Rows = Record<string, object>

function check(
  vendor: SimulatedVendor,
  url: string,
  base: object,
  { refused, taken }: { refused: Rows; taken: Rows },
): void {
  describe(new URL(url).host + new URL(url).pathname, () => {
    test.each(Object.entries(refused))('refuses %s', async (_name, change) => {
      expect(await ask(vendor, url, { ...base, ...change })).toBeTypeOf('string')
    })
    test.each(Object.entries(taken))('takes %s', async (_name, change) => {
      expect(await ask(vendor, url, { ...base, ...change })).toBeUndefined()
    })
  })
}

check(
  'openai',
  'https://api.openai.com/v1/chat/completions',
  { model: 'gpt-4o', messages: [USER] },
  {
    refused: {
      'a tool name with a blank': { tools: [tool('get weather')] },
      'a tool name with a dot': { tools: [tool('a.b')] },
      'a tool name of 65 characters': { tools: [tool('x'.repeat(65))] },
      'a tool without a name': { tools: [{ type: 'function', function: {} }] },
      'a tool without a function': { tools: [{ type: 'function' }] },
      'a tool without a type': { tools: [{ function: { name: 'f' } }] },
      'a tool of another type': { tools: [{ type: 'web_search' }] },
      'a tool with an unknown member': { tools: [tool('f', SCHEMA, { foo: 1 })] },
      'parameters that describe a string': { tools: [tool('f', { type: 'string' })] },
      '129 tools': { tools: Array.from({ length: 129 }, (_, index) => tool(`t${index}`)) },
      'no tools in a list': { tools: [] },
      'tools that are no list': { tools: {} },
      'tool_choice without tools': { tool_choice: 'auto' },
      'tool_choice of another word': { tools: [tool('f')], tool_choice: 'any' },
      'tool_choice of an unknown tool': {
        tools: [tool('f')],
        tool_choice: { type: 'function', function: { name: 'g' } },
      },
      'parallel_tool_calls without tools': { parallel_tool_calls: true },
      'json_object without the word': { response_format: { type: 'json_object' } },
      'an unknown response_format': { response_format: { type: 'xml' } },
      'a schema without a name': format({ schema: SCHEMA }),
      'a schema with a wrong name': format({ name: 'a b', schema: SCHEMA }),
      'an open object in a strict schema': strict(SCHEMA),
      'an optional property in a strict schema': strict(
        of({ a: { type: 'string' } }, { required: [] }),
      ),
      'a list at the root of a strict schema': strict({ type: 'array', items: { type: 'string' } }),
      'anyOf at the root of a strict schema': strict(of({}, { anyOf: [{ type: 'object' }] })),
      'a list without items in a strict schema': strict(of({ a: { type: 'array' } })),
      'oneOf in a strict schema': strict(of({ a: { oneOf: [{ type: 'string' }] } })),
      'an untyped property in a strict schema': strict(of({ a: {} })),
      'a $ref with neighbors in a strict schema': strict(
        of({ a: { $ref: '#/$defs/x', description: 'y' } }, { $defs: { x: { type: 'string' } } }),
      ),
      'an open object deep in a strict schema': strict(of({ a: { anyOf: [SCHEMA] } })),
      'an open strict tool': { tools: [tool('f', SCHEMA, { strict: true })] },
      'a list without items in a tool': {
        tools: [tool('f', { ...SCHEMA, properties: { a: { type: ['array', 'null'] } } })],
      },
      'a list without items deep in a tool': {
        tools: [tool('f', { ...SCHEMA, properties: { a: { anyOf: [{ type: 'array' }] } } })],
      },
      'a speaker with a blank': { messages: [{ ...USER, name: 'Ann Lee' }] },
      'a file as bare base64': said({
        type: 'file',
        file: { filename: 'a.pdf', file_data: 'AA==' },
      }),
      'a file without data': said({ type: 'file', file: { filename: 'a.pdf' } }),
      'gpt-4o with verbosity low': { verbosity: 'low' },
      'presence_penalty 3': { presence_penalty: 3 },
      'frequency_penalty -3': { frequency_penalty: -3 },
      'temperature as a text': { temperature: '1' },
      'temperature above 2': { temperature: 2.1 },
      'stream as a text': { stream: 'true' },
      'max_tokens 0': { max_tokens: 0 },
      'max_tokens 1.5': { max_tokens: 1.5 },
      'max_completion_tokens as a text': { max_completion_tokens: '5' },
      'both limits': { max_tokens: 5, max_completion_tokens: 5 },
      top_k: { top_k: 5 },
      enable_thinking: { enable_thinking: true },
      'n 200': { n: 200 },
      'top_logprobs without logprobs': { top_logprobs: 2 },
      'gpt-5 with temperature 0': { model: 'gpt-5', temperature: 0 },
      'gpt-5 with top_p 0.5': { model: 'gpt-5-mini', top_p: 0.5 },
      'gpt-5 with stop': { model: 'gpt-5', stop: ['x'] },
      'gpt-5 with max_tokens': { model: 'gpt-5', max_tokens: 5 },
      'gpt-5 without thinking': { model: 'gpt-5', reasoning_effort: 'none' },
      'gpt-5.1 with temperature while it thinks': {
        model: 'gpt-5.1',
        temperature: 0,
        reasoning_effort: 'low',
      },
      'gpt-5.5 with temperature': { model: 'gpt-5.5', temperature: 0 },
      'gpt-5.6 with tools while it thinks': {
        model: 'gpt-5.6-sol',
        tools: [{ type: 'function', function: { name: 'w' } }],
      },
      'gpt-6-astra without thinking': { model: 'gpt-6-astra', reasoning_effort: 'none' },
      'o3 with minimal effort': { model: 'o3', reasoning_effort: 'minimal' },
      'gpt-4o with reasoning_effort': { reasoning_effort: 'low' },
      'no parts': said(),
      'an unknown part': said({ type: 'picture' }),
      'a part without text': said({ type: 'text' }),
      'an image at "x"': picture({ url: 'x' }),
      'an image at a file: URL': picture({ url: 'file:///x.png' }),
      'an image of another type': picture({ url: 'data:image/tiff;base64,AAAA' }),
      'an image_url as a text': picture('https://x/y.png'),
      'sound of another format': said({
        type: 'input_audio',
        input_audio: { data: 'AA==', format: 'ogg' },
      }),
      'an image of the assistant': {
        messages: [
          USER,
          {
            role: 'assistant',
            content: [{ type: 'image_url', image_url: { url: 'https://x/y' } }],
          },
        ],
      },
      'an empty stop word': { stop: [''] },
      'a stop word that is a number': { stop: [1] },
      'content that is a number': { messages: [{ role: 'user', content: 5 }] },
      'an unknown member of a message': { messages: [{ ...USER, foo: 1 }] },
      reasoning_content: {
        messages: [USER, { role: 'assistant', content: 'x', reasoning_content: 'y' }, USER],
      },
      'no calls in a list': { messages: [USER, { ...calling(), content: 'x' }, USER] },
      'arguments as an object': {
        messages: [USER, calling({ ...CALL, function: { name: 'f', arguments: {} } }), RESULT],
      },
      'a call without a name': {
        messages: [USER, calling({ ...CALL, function: { arguments: '{}' } }), RESULT],
      },
      'a call without an id': { messages: [USER, calling({ ...CALL, id: undefined }), RESULT] },
      'one id for two calls': { messages: [USER, calling(CALL, CALL), RESULT] },
      'two results of one call': { messages: [USER, calling(CALL), RESULT, RESULT] },
      'a result before its call': { messages: [USER, RESULT, calling(CALL)] },
      'a call without a result': { messages: [USER, calling(CALL), USER] },
    },
    taken: {
      'members since 2026': { moderation: {}, prompt_cache_options: {} },
      'a tool, its choice and one call at a time': {
        tools: [tool('f')],
        tool_choice: { type: 'function', function: { name: 'f' } },
        parallel_tool_calls: false,
      },
      'a closed strict tool': { tools: [tool('f', CLOSED, { strict: true })] },
      'a tool without parameters': { tools: [{ type: 'function', function: { name: 'f' } }] },
      'a custom tool': { tools: [{ type: 'custom', custom: { name: 'f' } }] },
      'a closed strict schema': strict(CLOSED),
      'a recursive strict schema': strict(
        of(
          { a: { $ref: '#/$defs/n' } },
          { $defs: { n: of({ n: { anyOf: [{ $ref: '#/$defs/n' }, { type: 'null' }] } }) } },
        ),
      ),
      'an open schema that is not strict': format({ name: 'x', schema: SCHEMA }),
      'the word JSON': {
        response_format: { type: 'json_object' },
        messages: [{ role: 'user', content: 'As JSON.' }],
      },
      'gpt-5.1 with temperature': { model: 'gpt-5.1', temperature: 0 },
      'gpt-5 with its only temperature': { model: 'gpt-5', temperature: 1 },
      'an image': picture({ url: 'data:image/png;base64,iVBORw0KGgo=' }),
      'a property named like a type': {
        tools: [tool('f', { ...SCHEMA, properties: { type: { type: 'string' } } })],
      },
      'a list whose items are any': {
        tools: [tool('f', { ...SCHEMA, properties: { a: { type: 'array', items: {} } } })],
      },
      'a speaker': { messages: [{ ...USER, name: 'Ann_Lee' }] },
      'a file as a data: URL': said({
        type: 'file',
        file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,AA==' },
      }),
      'gpt-5 with verbosity low': { model: 'gpt-5', verbosity: 'low' },
      'gpt-4o with its only verbosity': { verbosity: 'medium' },
      'a whole exchange': { messages: [USER, calling(CALL), RESULT] },
      'members of another server by another name of a model': {
        model: 'gpt-4o',
        temperature: null,
        stop: null,
      },
    },
  },
)

describe('a simulated follower of the OpenAI format', () => {
  const url = 'http://localhost:8000/v1/chat/completions'
  test('takes members of its own', async () => {
    const body = { model: 'qwen3', messages: [USER], top_k: 5, chat_template_kwargs: {}, tools: [] }
    expect(await ask('openai', url, body)).toBeUndefined()
    expect(await ask('openai', url, { ...body, model: 'gpt-4o' })).toBeTypeOf('string')
  })

  test.each<[string, object]>([
    ['a tool name with a blank', { tools: [tool('get weather')] }],
    ['temperature as a text', { temperature: '1' }],
    [
      'arguments as an object',
      { messages: [USER, calling({ ...CALL, function: { name: 'f', arguments: {} } }), RESULT] },
    ],
  ])('refuses %s', async (_name, change) => {
    expect(await ask('openai', url, { model: 'm', messages: [USER], ...change })).toBeTypeOf(
      'string',
    )
  })
})

const use = (id: string, name = 'f') => ({ type: 'tool_use', id, name, input: {} })
const result = (id: string) => ({ type: 'tool_result', tool_use_id: id, content: 'x' })
const turn = (...content: object[]) => ({ role: 'assistant', content })
const results = (...content: object[]) => ({ role: 'user', content })
const F = { name: 'f', input_schema: { type: 'object' } }
const loop = (...content: object[]) => ({
  tools: [F],
  max_tokens: 3000,
  messages: [USER, turn(...content), results(result('a'))],
})
const thought = { type: 'redacted_thinking', data: 'x' }
const budget = { thinking: { type: 'enabled', budget_tokens: 2000 } }

check(
  'anthropic',
  'https://api.anthropic.com/v1/messages',
  { model: 'claude-sonnet-4-5', max_tokens: 10, messages: [USER] },
  {
    refused: {
      'max_tokens beyond the model': { max_tokens: 1e9 },
      'max_tokens as a text': { max_tokens: '10' },
      'stream as a text': { stream: 'true' },
      'an empty model': { model: '' },
      'top_p 2': { top_p: 2 },
      'thinking without a budget': { thinking: { type: 'enabled' } },
      'a budget below 1024': { thinking: { type: 'enabled', budget_tokens: 1000 } },
      'thinking with another temperature': {
        max_tokens: 2000,
        temperature: 0.5,
        thinking: { type: 'enabled', budget_tokens: 1024 },
      },
      'thinking as a text': { thinking: 'enabled' },
      'an unknown member of output_config': { output_config: { language: 'en' } },
      'output_config as a text': { output_config: 'low' },
      'a format without a schema': { output_config: { format: { type: 'json_schema' } } },
      'temperature and top_p since 4.1': { temperature: 0.5, top_p: 0.5 },
      'temperature as a text': { temperature: '1' },
      'temperature above 1': { temperature: 1.5 },
      'top_k -1': { top_k: -1 },
      'top_k 1.5': { top_k: 1.5 },
      'one tool twice': { tools: [F, F] },
      'tool_choice of an unknown tool': { tools: [F], tool_choice: { type: 'tool', name: 'g' } },
      'a tool name with a blank': { tools: [{ ...F, name: 'a b' }] },
      'a tool without a name': { tools: [{ ...F, name: undefined }] },
      'an unknown member of a tool': { tools: [{ ...F, parameters: {} }] },
      'anyOf at the root of input_schema': {
        tools: [{ ...F, input_schema: { type: 'object', anyOf: [] } }],
      },
      'an open strict tool': { tools: [{ ...F, strict: true }] },
      'an open output schema': {
        output_config: { format: { type: 'json_schema', schema: SCHEMA } },
      },
      'a limit in an output schema': {
        output_config: {
          format: { type: 'json_schema', schema: of({ a: { type: 'string', maxLength: 3 } }) },
        },
      },
      'an output schema before 4.5': {
        model: 'claude-sonnet-4-0',
        output_config: { format: { type: 'json_schema', schema: CLOSED } },
      },
      'an effort before 4.5': { model: 'claude-3-7-sonnet', output_config: { effort: 'low' } },
      'an unknown member': { presence_penalty: 1 },
      'an unknown member of a message': { messages: [{ ...USER, name: 'x' }] },
      'an unknown member of a block': { messages: [results({ type: 'text', text: 'x', foo: 1 })] },
      'a long user id': { metadata: { user_id: 'x'.repeat(257) } },
      'one id for two calls': {
        tools: [F],
        messages: [USER, turn(use('a'), use('a')), results(result('a'))],
      },
      'one id in two turns': {
        tools: [F],
        messages: [
          USER,
          turn(use('a')),
          results(result('a')),
          turn(use('a')),
          results(result('a')),
        ],
      },
      'two results of one call': {
        tools: [F],
        messages: [USER, turn(use('a')), results(result('a'), result('a'))],
      },
      'a result without a call': { tools: [F], messages: [results(result('a'))] },
      'a call without a result': { tools: [F], messages: [USER, turn(use('a')), USER] },
      'a name that no tool can have': loop(use('a', 'a b')),
      'a picture at ftp:': {
        messages: [results({ type: 'image', source: { type: 'url', url: 'ftp://x' } })],
      },
      'a loop without its thinking': { ...loop(use('a')), ...budget },
      'a text before the thinking of a loop': {
        ...loop({ type: 'text', text: 'x' }, thought, use('a')),
        ...budget,
      },
      'thinking at the end of a turn': { messages: [USER, turn(thought), USER] },
      'thinking of a model that cannot': {
        model: 'claude-3-5-haiku-latest',
        max_tokens: 3000,
        ...budget,
      },
      'a small budget': { max_tokens: 3000, thinking: { type: 'enabled', budget_tokens: 100 } },
      'a budget of all tokens': { max_tokens: 2000, ...budget },
      'top_k while it thinks': { max_tokens: 3000, ...budget, top_k: 5 },
      'top_p 0.5 while it thinks': { max_tokens: 3000, ...budget, top_p: 0.5 },
      'a forced tool while it thinks': {
        max_tokens: 3000,
        ...budget,
        tools: [F],
        tool_choice: { type: 'any' },
      },
      'a prefill since 4.6': {
        model: 'claude-opus-4-6',
        messages: [USER, turn({ type: 'text', text: 'x' })],
      },
      'a prefill without thinking while it thinks': {
        max_tokens: 3000,
        ...budget,
        messages: [USER, turn({ type: 'text', text: 'x' })],
      },
      'temperature since 4.7': { model: 'claude-opus-4-7', temperature: 0.5 },
    },
    taken: {
      'members since 2026': {
        diagnostics: {},
        speed: 'fast',
        user_profile_id: 'u',
        workspace_id: 'w',
      },
      'null where it means nothing': {
        container: null,
        metadata: { user_id: null },
        output_config: { effort: null, format: null },
      },
      'a loop with its thinking': { ...loop(thought, use('a')), ...budget },
      'an effort without thinking in the loop': {
        ...loop(use('a')),
        model: 'claude-sonnet-4-6',
        thinking: { type: 'adaptive' },
      },
      'a prefill behind thinking': {
        max_tokens: 3000,
        ...budget,
        messages: [USER, turn(thought, { type: 'text', text: 'x' })],
      },
      'a prefill before 4.6': { messages: [USER, turn({ type: 'text', text: 'x' })] },
      'a closed strict tool': { tools: [{ ...F, input_schema: CLOSED, strict: true }] },
      'a property named like a keyword': {
        tools: [{ ...F, input_schema: of({ minimum: { type: 'string' } }), strict: true }],
      },
      'as many tokens as a model has': { model: 'claude-opus-4-6', max_tokens: 128_000 },
    },
  },
)

const part = (...parts: object[]) => ({ contents: [{ role: 'user', parts }] })
const generation = (members: object) => ({ generationConfig: members })
const declared = (a: object) => ({
  tools: [
    { functionDeclarations: [{ name: 'f', parameters: { type: 'OBJECT', properties: { a } } }] },
  ],
})
const budgetOf = (thinkingBudget: unknown) => generation({ thinkingConfig: { thinkingBudget } })

check(
  'gemini',
  'https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:generateContent',
  part({ text: 'Hi' }),
  {
    refused: {
      'an unknown member': { foo: 1 },
      'no contents': { contents: [] },
      'a part without data': part({}),
      'a role of another vendor': { contents: [{ role: 'assistant', parts: [{ text: 'x' }] }] },
      'temperature 3': generation({ temperature: 3 }),
      'temperature as a word': generation({ temperature: 'hot' }),
      'topK 0': generation({ topK: 0 }),
      'topK 1.5': generation({ topK: 1.5 }),
      'presencePenalty 3': generation({ presencePenalty: 3 }),
      'maxOutputTokens 0': generation({ maxOutputTokens: 0 }),
      'candidateCount 9': generation({ candidateCount: 9 }),
      'a budget beyond the model': budgetOf(1e6),
      '6 stop words': generation({ stopSequences: ['a', 'b', 'c', 'd', 'e', 'f'] }),
      'stop words that are no list': generation({ stopSequences: 'a' }),
      'a file at http:': part({ fileData: { fileUri: 'http://x/y' } }),
      'a tool name with a blank': { tools: [{ functionDeclarations: [{ name: 'a b' }] }] },
      'a tool without a name': { tools: [{ functionDeclarations: [{}] }] },
      'one function twice': { tools: [{ functionDeclarations: [{ name: 'f' }, { name: 'f' }] }] },
      'additionalProperties in parameters': {
        tools: [{ functionDeclarations: [{ name: 'f', parameters: CLOSED }] }],
      },
      'a list without items': declared({ type: 'ARRAY' }),
      'an enum of numbers': declared({ type: 'INTEGER', enum: ['1'] }),
      'JSON along with tools': {
        tools: [{ functionDeclarations: [{ name: 'f' }] }],
        ...generation({ responseMimeType: 'application/json' }),
      },
    },
    taken: {
      'civic answers': generation({ enableEnhancedCivicAnswers: true }),
      'a list with items, and an enum of strings': declared({
        type: 'ARRAY',
        items: { type: 'STRING', enum: ['a'] },
      }),
      'a number as a text': generation({ temperature: '1' }),
      'a file at https:': part({ fileData: { fileUri: 'https://x/y.pdf' } }),
      'a dynamic budget': budgetOf(-1),
      'no budget': budgetOf(0),
      'the largest budget': budgetOf(24_576),
    },
  },
)

describe('simulated Gemma', () => {
  const url = (model: string) =>
    `https://generativelanguage.googleapis.com/v1beta/models/${model}:generateContent`
  const body = part({ text: 'Hi' })
  const systemInstruction = { parts: [{ text: 'x' }] }
  const json = generation({ responseMimeType: 'application/json' })
  const tools = [{ functionDeclarations: [{ name: 'f' }] }]
  test.each<[string, object, boolean]>([
    ['gemma-3-27b-it', { systemInstruction }, false],
    ['gemma-3-27b-it', json, false],
    ['gemma-3-27b-it', { tools }, false],
    ['gemma-3n-e4b-it', { systemInstruction }, false],
    ['gemma-3-27b-it', generation({ thinkingConfig: { thinkingLevel: 'HIGH' } }), false],
    ['gemma-4-31b-it', budgetOf(100), false],
    ['gemma-4-31b-it', json, false],
    ['gemma-4-31b-it', { tools }, true],
    ['gemma-4-31b-it', generation({ thinkingConfig: { thinkingLevel: 'HIGH' } }), true],
    ['gemma-3-27b-it', {}, true],
  ])('%s %j: %s', async (model, change, isTaken) => {
    expect((await ask('gemini', url(model), { ...body, ...change })) === undefined).toBe(isTaken)
  })
})

check(
  'zhipu',
  'https://open.bigmodel.cn/api/paas/v4/chat/completions',
  { model: 'glm-4.7', messages: [USER] },
  {
    refused: {
      'max_tokens 0': { max_tokens: 0 },
      'max_tokens as a text': { max_tokens: '5' },
      'temperature as a text': { temperature: '1' },
      'temperature 1.5': { temperature: 1.5 },
      'top_p 0': { top_p: 0 },
      'two stop words': { stop: ['a', 'b'] },
      'content that is a number': { messages: [{ role: 'user', content: 5 }] },
      'no content': { messages: [{ role: 'user' }] },
      'no parts': said(),
      'an unknown part': said({ type: 'picture' }),
      'an empty content': { messages: [{ role: 'user', content: '' }] },
      'an empty assistant message': { messages: [USER, { role: 'assistant', content: '' }, USER] },
      'a schema': format({ name: 'x', schema: SCHEMA }),
      'another switch of thinking': { thinking: { type: 'on' } },
      'another effort': { reasoning_effort: 'most' },
      'stream as a text': { stream: 'yes' },
      'tools as an object': { tools: {} },
      'a tool without a name': { tools: [{ type: 'function', function: {} }] },
      'a tool of another type': { tools: [{ type: 'code_interpreter' }] },
      'a stop sequence as a number': { stop: [5] },
      'a tool name with a blank': { tools: [tool('get weather')] },
      'a forced tool': { tools: [tool('f')], tool_choice: 'required' },
      'calls without results': { messages: [USER, calling(CALL), USER] },
      'a result without a call': { messages: [USER, RESULT] },
      'arguments as an object': {
        messages: [USER, calling({ ...CALL, function: { name: 'f', arguments: {} } }), RESULT],
      },
    },
    taken: {
      'a whole exchange': { messages: [USER, calling(CALL), RESULT] },
      'an image': picture({ url: 'https://x/y.png' }),
      JSON: { response_format: { type: 'json_object' } },
      thinking: { thinking: { type: 'disabled' }, max_tokens: 5 },
    },
  },
)

check(
  'openai_responses',
  'https://api.openai.com/v1/responses',
  { model: 'gpt-4o', input: 'Hi' },
  {
    refused: {
      'a picture as in Chat Completions': {
        input: [
          {
            role: 'user',
            content: [{ type: 'input_image', image_url: { url: 'https://x/y.png' } }],
          },
        ],
      },
      'a list without items in a tool': {
        tools: [
          {
            type: 'function',
            name: 'f',
            parameters: { ...SCHEMA, properties: { a: { type: 'array' } } },
          },
        ],
      },
      'a named tool as in Chat Completions': {
        tools: [{ type: 'function', name: 'f', parameters: SCHEMA }],
        tool_choice: { type: 'function', function: { name: 'f' } },
      },
      'an unknown member': { messages: [USER] },
      'no model': { model: '' },
      'an effort of a model that does not reason': { reasoning: { effort: 'low' } },
      'the temperature of a model that reasons': { model: 'gpt-5', temperature: 1 },
      'the temperature of a newer one': { model: 'gpt-5.5', temperature: 1 },
      'the temperature of one that is asked to reason': {
        model: 'gpt-5.1',
        temperature: 1,
        reasoning: { effort: 'low' },
      },
      'temperature 3': { temperature: 3 },
      'top_p -1': { top_p: -1 },
      'max_output_tokens 15': { max_output_tokens: 15 },
      'no input': { input: undefined },
      'an object as input': { input: {} },
      'an unknown role': { input: [{ role: 'tool', content: 'x' }] },
      'a message without content': { input: [{ role: 'user' }] },
      'a part as in Chat Completions': {
        input: [{ role: 'user', content: [{ type: 'text', text: 'x' }] }],
      },
      'a call without arguments': {
        input: [{ type: 'function_call', call_id: 'c', name: 'f' }],
      },
      'reasoning without a summary': { input: [{ type: 'reasoning', id: 'r' }] },
      'reasoning without what followed': { input: [{ type: 'reasoning', id: 'r', summary: [] }] },
      'a call without a result': {
        input: [{ type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' }],
      },
      'a result without a call': {
        input: [{ type: 'function_call_output', call_id: 'c', output: '1' }],
      },
      'a tool as a text': { tools: ['f'] },
      'a tool without a name': { tools: [{ type: 'function' }] },
      'a tool name with a dot': { tools: [{ type: 'function', name: 'a.b' }] },
      'a forced call without tools': { tool_choice: 'required' },
      'a format without a name': { text: { format: { type: 'json_schema', schema: CLOSED } } },
      'json_object without the word': { text: { format: { type: 'json_object' } } },
    },
    taken: {
      'the temperature of a model that does not reason unless asked': {
        model: 'gpt-5.1',
        temperature: 1,
      },
      'a whole exchange': {
        input: [
          { role: 'user', content: 'x' },
          { type: 'reasoning', id: 'r', summary: [] },
          { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
          { type: 'function_call_output', call_id: 'c', output: '1' },
        ],
      },
      'json_object with the word': { input: 'JSON', text: { format: { type: 'json_object' } } },
      'members since 2026': { moderation: {}, prompt_cache_options: {}, service_tier: 'fast' },
      'a picture': {
        input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'https://x/y.png' }] }],
      },
      'a named tool': {
        tools: [{ type: 'function', name: 'f', parameters: SCHEMA }],
        tool_choice: { type: 'function', name: 'f' },
      },
    },
  },
)

const parameters = (members: object) => ({ parameters: { result_format: 'message', ...members } })
const input = (...messages: object[]) => ({ input: { messages } })

check(
  'dashscope',
  'https://dashscope.aliyuncs.com/api/v1/services/aigc/text-generation/generation',
  { model: 'qwen-plus', ...input(USER), ...parameters({}) },
  {
    refused: {
      'max_tokens 0': parameters({ max_tokens: 0 }),
      'temperature as a text': parameters({ temperature: 'x' }),
      'temperature 2': parameters({ temperature: 2 }),
      'top_p 0': parameters({ top_p: 0 }),
      'seed as a text': parameters({ seed: 'x' }),
      'seed -1': parameters({ seed: -1 }),
      'presence_penalty 9': parameters({ presence_penalty: 9 }),
      'repetition_penalty 0': parameters({ repetition_penalty: 0 }),
      'n 9': parameters({ n: 9 }),
      'thinking_budget 0': parameters({ thinking_budget: 0 }),
      'enable_thinking as a text': parameters({ enable_thinking: 'no' }),
      'tools along with texts': parameters({ result_format: 'text', tools: [tool('f')] }),
      'no tools in a list': parameters({ tools: [] }),
      'a tool name with a blank': parameters({ tools: [tool('get weather')] }),
      'a tool without a name': parameters({ tools: [{ type: 'function', function: {} }] }),
      'a role as an object': input({ role: { toString: 1 }, content: 'x' }),
      'several choices with a tool': parameters({ tools: [tool('f')], n: 2 }),
      'top_logprobs 6': parameters({ top_logprobs: 6 }),
      'a tool named search': parameters({ tools: [tool('search')] }),
      'a forced tool': parameters({ tools: [tool('f')], tool_choice: 'required' }),
      'tool_choice of an unknown tool': parameters({
        tools: [tool('f')],
        tool_choice: { type: 'function', function: { name: 'g' } },
      }),
      'an empty content': input({ role: 'user', content: '' }),
      'an empty assistant message': input(USER, { role: 'assistant', content: '' }, USER),
      'instructions behind the first message': input(USER, { role: 'system', content: 'x' }, USER),
      'calls without results': input(USER, calling(CALL), USER),
      'a result without a call': input(USER, RESULT),
      'broken arguments': input(
        USER,
        calling({ ...CALL, function: { name: 'f', arguments: '{' } }),
        RESULT,
      ),
      'an assistant message at the end': input(USER, { role: 'assistant', content: 'x' }),
      'json_object without the word': parameters({ response_format: { type: 'json_object' } }),
    },
    taken: {
      'a whole exchange': input(USER, calling(CALL), RESULT),
      'a named tool': parameters({
        tools: [tool('f')],
        tool_choice: { type: 'function', function: { name: 'f' } },
      }),
      'the start of a reply': input(USER, { role: 'assistant', content: 'x', partial: true }),
      numbers: parameters({ max_tokens: 5, seed: 1, n: 1, temperature: 0 }),
    },
  },
)
