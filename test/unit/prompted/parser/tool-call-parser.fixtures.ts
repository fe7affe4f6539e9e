/** Replies as models write them, and what is in them: after the samples of the formats' own documentation. */
import type { ToolCallParserOptions } from '../../../../src/prompted/parser/tool-call-parser.ts'

export interface Fixture {
  name: string
  input: string
  text?: string
  reasoning?: string
  calls?: [name: string, args: unknown][]
  /** Names of calls that must not be run. */
  invalid?: string[]
  options?: Partial<ToolCallParserOptions>
}

const oslo: [string, unknown] = ['get_weather', { city: 'Oslo' }]
const rome: [string, unknown] = ['get_weather', { city: 'Rome' }]
const time: [string, unknown] = ['get_time', {}]
const labels = { hasLabels: true }

export const HERMES: Fixture[] = [
  {
    name: 'one call',
    input: '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Oslo"}}\n</tool_call>',
    calls: [oslo],
  },
  {
    name: 'text before, text behind, which is left out',
    input:
      'Let me see.\n\n<tool_call>\n{"name": "get_weather", "arguments": {"city": "Oslo"}}\n</tool_call>\nIt is 21 °C.',
    text: 'Let me see.',
    calls: [oslo],
  },
  {
    name: 'several calls',
    input:
      '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Oslo"}}\n</tool_call>\n<tool_call>\n{"name": "get_weather", "arguments": {"city": "Rome"}}\n</tool_call>',
    calls: [oslo, rome],
  },
  {
    name: 'several calls where one was asked for',
    input:
      '<tool_call>{"name": "get_weather", "arguments": {"city": "Oslo"}}</tool_call><tool_call>{"name": "get_weather", "arguments": {"city": "Rome"}}</tool_call>',
    calls: [oslo],
    options: { limit: 1 },
  },
  {
    name: 'several calls in one block, and no end',
    input:
      '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Oslo"}}\n{"name": "get_weather", "arguments": {"city": "Rome"}}',
    calls: [oslo, rome],
  },
  {
    name: 'a block that the next one ends',
    input:
      '<tool_call>{"name": "get_weather", "arguments": {"city": "Oslo"}}\n<tool_call>{"name": "get_weather", "arguments": {"city": "Rome"}}</tool_call>',
    calls: [oslo, rome],
  },
  {
    name: "Python's spelling",
    input: `<tool_call>{'name': 'book', 'arguments': {'ok': True, 'note': None, 'n': [1, 2,]}}</tool_call>`,
    calls: [['book', { ok: true, note: null, n: [1, 2] }]],
  },
  {
    name: 'arguments before the name',
    input: '<tool_call>{"arguments": {"city": "Oslo"}, "name": "get_weather"}</tool_call>',
    calls: [oslo],
  },
  {
    name: 'arguments as a text that holds JSON',
    input:
      '<tool_call>{"name": "get_weather", "arguments": "{\\"city\\": \\"Oslo\\"}"}</tool_call>',
    calls: [oslo],
  },
  {
    name: 'arguments by another name',
    input:
      '<tool_call>{"name": "get_weather", "args": {"city": "Oslo"}}</tool_call><tool_call>{"tool": "get_weather", "input": {"city": "Rome"}}</tool_call>',
    calls: [oslo, rome],
  },
  {
    name: 'parameters instead of arguments, and a call within a function',
    input:
      '<tool_call>{"name": "get_weather", "parameters": {"city": "Oslo"}}</tool_call><tool_call>{"type": "function", "function": {"name": "get_weather", "arguments": {"city": "Rome"}}}</tool_call>',
    calls: [oslo, rome],
  },
  {
    name: 'no arguments at all',
    input:
      '<tool_call>{"name": "get_time"}</tool_call><tool_call>{"name": "get_time", "arguments": {}}</tool_call>',
    calls: [time, time],
  },
  {
    name: 'line breaks in a string, and a brace too many',
    input: '<tool_call>{"name": "write", "arguments": {"text": "a\nb"}}}</tool_call>',
    calls: [['write', { text: 'a\nb' }]],
  },
  {
    name: 'the last brace missing',
    input: '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Oslo"}\n</tool_call>',
    calls: [oslo],
  },
  {
    name: 'broken arguments',
    input: '<tool_call>{"name": "get_weather", "arguments": {"city": Oslo Norway}}</tool_call>',
    invalid: ['get_weather'],
  },
  {
    name: 'arguments that stop in the middle',
    input: '<tool_call>{"name": "get_weather", "arguments": {"city": "Os',
    invalid: ['get_weather'],
  },
  {
    name: 'a block that holds no call',
    input: 'See <tool_call>what is this</tool_call> here',
    text: 'See <tool_call>what is this</tool_call> here',
  },
  {
    name: 'a block that stops before its name is whole',
    input: '<tool_call>{"name": "get_w',
    text: '<tool_call>{"name": "get_w',
  },
  { name: 'half a mark at the end', input: 'a <tool_c', text: 'a <tool_c' },
  {
    name: 'a fence inside of the block',
    input:
      '<tool_call>\n```json\n{"name": "get_weather", "arguments": {"city": "Oslo"}}\n```\n</tool_call>',
    calls: [oslo],
  },
  {
    name: 'a call in a code block, and in a line',
    input:
      'So:\n```xml\n<tool_call>{"name": "get_time"}</tool_call>\n```\nor `<tool_call>` and ``<tool_call>``\n',
    text: 'So:\n```xml\n<tool_call>{"name": "get_time"}</tool_call>\n```\nor `<tool_call>` and ``<tool_call>``\n',
  },
  {
    name: 'a call behind a code block',
    input: '```py\nprint("`")\n```\n<tool_call>{"name": "get_time"}</tool_call>',
    text: '```py\nprint("`")\n```',
    calls: [time],
  },
  {
    name: 'a result that the model invents',
    input:
      '<tool_call>{"name": "get_time"}</tool_call>\n<tool_response>\n12\n</tool_response>\n<tool_call>{"name": "get_weather", "arguments": {"city": "Oslo"}}</tool_call>',
    calls: [time],
  },
  {
    name: 'a name that is not on the list',
    input: '<tool_call>{"name": "nonsense", "arguments": {"a": 1}}</tool_call>',
    calls: [['nonsense', { a: 1 }]],
  },
]

export const REACT: Fixture[] = (
  [
    {
      name: 'numbered labels',
      input:
        'Thought 1: I look.\n**Action 1:** get_weather\nAction Input 1: {"city": "Oslo"}\nObservation 1: 21 °C',
      reasoning: 'I look.\n',
      calls: [oslo],
    },
    {
      name: 'lines with a number that are no labels',
      input: 'Action 3 is done.\nThought 12 of 14: no',
      text: 'Action 3 is done.\nThought 12 of 14: no',
    },
    {
      name: 'no action, in so many words',
      input: 'Thought: I know.\nAction: None\nFinal Answer: 42',
      text: '42',
      reasoning: 'I know.\n',
    },
    {
      name: 'no action, and text without a label behind it',
      input: 'Action: N/A (no tool is needed)\n42',
      text: 'Action: N/A (no tool is needed)\n42',
    },
    {
      name: 'one call',
      input: 'Action: get_weather\nAction Input: {"city": "Oslo"}',
      calls: [oslo],
    },
    {
      name: 'text before, a result that the model invents',
      input:
        'I look.\nAction: get_weather\nAction Input: {"city": "Oslo"}\nObservation: <result>21</result>\nAnswer: 21',
      text: 'I look.',
      calls: [oslo],
    },
    {
      name: 'several calls',
      input:
        'Action: get_weather\nAction Input: {"city": "Oslo"}\nAction: get_weather\nAction Input: {"city": "Rome"}\n',
      calls: [oslo, rome],
    },
    {
      name: 'JSON over several lines, with remarks behind it',
      input:
        'Action: get_weather\nAction Input: {\n  "city": "Oslo"\n}\nThat should do.\n\nAnswer: 21',
      calls: [oslo],
    },
    {
      name: 'a call as code: keyword arguments',
      input: `I look.\nAction: get_weather(city='Oslo')\nObservation: 21`,
      text: 'I look.',
      calls: [oslo],
    },
    {
      name: 'a call as code: an object',
      input: 'Action: `get_weather({"city": "Oslo"})`\n',
      calls: [oslo],
    },
    {
      name: 'a call as code: in order, with commas and brackets in a string',
      input: 'Action: book("a (b), c=[d", 2)',
      calls: [['book', { note: 'a (b), c=[d', n: 2 }]],
    },
    {
      name: 'a call as code: nested values, and words of Python',
      input: "Action: write(list=[1, {'a': 2}], deep=True, text=\"it's\", none=None)",
      calls: [['write', { list: [1, { a: 2 }], deep: true, text: "it's", none: null }]],
    },
    {
      name: 'a call as code: nothing',
      input: 'Action: get_time()',
      calls: [['get_time', {}]],
    },
    {
      name: 'a call as code, and its arguments again',
      input: 'Action: get_weather(city)\nAction Input: {"city": "Oslo"}',
      calls: [oslo],
    },
    {
      name: 'a call as code without names for its values',
      input: 'Action: get_weather("Oslo")',
      invalid: ['get_weather'],
    },
    {
      name: 'prose after the label',
      input: 'Action: leave (now) and rest',
      text: 'Action: leave (now) and rest',
    },
    {
      name: 'prose after the label that begins with the name of a tool',
      input: 'Action: run (the engine) was started',
      text: 'Action: run (the engine) was started',
    },
    {
      name: 'a call as code that stops in the middle',
      input: 'Action: book(note="a", ',
      invalid: ['book'],
    },
    {
      name: 'no blanks, wide colons',
      input: 'Action：get_weather\nAction Input：{"city"："Oslo"}',
      calls: [oslo],
    },
    {
      name: 'bold labels, a name in backticks',
      input: '**Action:** `get_weather`\n**Action Input**: `{"city": "Oslo"}`',
      calls: [oslo],
    },
    {
      name: 'a fence around the arguments',
      input: 'Action: get_weather\nAction Input:\n```json\n{"city": "Oslo"}\n```\n',
      calls: [oslo],
    },
    {
      name: 'Chinese labels',
      input: '思考：查天气\n动作：get_weather\n动作输入：{"city": "Oslo"}\n观察：21',
      reasoning: '查天气\n',
      calls: [oslo],
    },
    {
      name: 'a thought, then the answer',
      input: 'Thought: I know that.\nFinal Answer: It is 42.\n\nSure.',
      reasoning: 'I know that.\n',
      text: 'It is 42.\n\nSure.',
    },
    {
      name: 'a thought, then a call',
      input: 'Thought: Look first.\nAction: get_time\nAction Input: {}',
      reasoning: 'Look first.\n',
      calls: [time],
    },
    {
      name: 'an answer without its label behind a thought',
      input: 'Thought: It is 42.',
      reasoning: 'It is 42.',
      text: 'It is 42.',
    },
    { name: 'an answer alone', input: 'Answer: **42**', text: '**42**' },
    { name: 'an answer with a bold label', input: '**Answer:** 42', text: '42' },
    { name: 'no arguments', input: 'Action: get_time\nAction Input:', calls: [time] },
    { name: 'none as arguments', input: 'Action: get_time\nAction Input: None\n', calls: [time] },
    { name: 'a known name and nothing else', input: 'Action: get_time\n', calls: [time] },
    {
      name: 'arguments that are no JSON',
      input: 'Action: get_weather\nAction Input: the weather in Oslo\nObservation: 21',
      invalid: ['get_weather'],
    },
    {
      name: 'arguments as a text that holds JSON',
      input: 'Action: get_weather\nAction Input: "{\\"city\\": \\"Oslo\\"}"',
      calls: [oslo],
    },
    {
      name: 'an action that is none',
      input: 'Action: call the police\nand wait.\n`Action: x`',
      text: 'Action: call the police\nand wait.\n`Action: x`',
    },
    {
      name: 'an action that is none, a call behind it',
      input: 'Action: stay calm\n\nThen:\nAction: get_time\nAction Input: {}',
      text: 'Action: stay calm\n\nThen:',
      calls: [time],
    },
    {
      name: 'an action that is none, and no end',
      input: 'Action: call the police',
      text: 'Action: call the police',
    },
    {
      name: 'labels within a line, and words that begin like them',
      input: 'My Action: none\nActions speak\nAction Input: x\nAnswering',
      text: 'My Action: none\nActions speak\nAction Input: x\nAnswering',
    },
    {
      name: 'a call in a code block',
      input: 'So:\n```\nAction: get_time\nAction Input: {}\n```\n',
      text: 'So:\n```\nAction: get_time\nAction Input: {}\n```\n',
    },
    {
      name: 'tags, as the model was trained on',
      input: 'Thought: hm\n<tool_call>{"name": "get_time"}</tool_call>',
      reasoning: 'hm\n',
      calls: [time],
    },
    {
      name: 'a reply that goes on from the answer',
      input: ' It is 21.',
      text: 'It is 21.',
      options: { continuesMarker: true },
    },
    {
      name: 'a long line that is no name',
      input: `Action: ${'so '.repeat(120)}<tool_call>{"name": "get_time"}</tool_call>`,
      text: `Action: ${'so '.repeat(120).trim()}`,
      calls: [time],
    },
  ] satisfies Fixture[]
).map((fixture: Fixture) => ({ ...fixture, options: { ...labels, ...fixture.options } }))

export const QWEN: Fixture[] = [
  {
    name: 'one call',
    input: '✿FUNCTION✿: get_weather\n✿ARGS✿: {"city": "Oslo"}\n',
    calls: [oslo],
  },
  {
    name: 'text before, a result that the model invents',
    input: 'I look.\n✿FUNCTION✿: get_weather\n✿ARGS✿: {"city": "Oslo"}\n✿RESULT✿: 21\n✿RETURN✿: 21',
    text: 'I look.',
    calls: [oslo],
  },
  {
    name: 'several calls',
    input:
      '✿FUNCTION✿: get_weather\n✿ARGS✿: {"city": "Oslo"}\n✿FUNCTION✿: get_weather\n✿ARGS✿: {"city": "Rome"}',
    calls: [oslo, rome],
  },
  {
    name: 'several arguments under one function',
    input: '✿FUNCTION✿: get_weather\n✿ARGS✿: {"city": "Oslo"}\n✿ARGS✿: {"city": "Rome"}',
    calls: [oslo, rome],
  },
  {
    name: 'no arguments',
    input: '✿FUNCTION✿: get_time\n✿FUNCTION✿: get_time\n✿ARGS✿:\n✿RESULT✿',
    calls: [time, time],
  },
  {
    name: 'remarks behind the arguments, wide colons, a fence',
    input: '✿FUNCTION✿：get_weather\n✿ARGS✿：\n```json\n{"city": "Oslo"}\n```\nDone.',
    calls: [oslo],
  },
  {
    name: 'code as arguments',
    input: '✿FUNCTION✿: run\n✿ARGS✿: \n```py\nprint(1)\n```\n',
    invalid: ['run'],
  },
  {
    name: 'a reply that goes on from the return',
    input: ': It is 21 °C.',
    text: 'It is 21 °C.',
    options: { continuesMarker: true },
  },
  {
    name: 'a reply that goes on from a function',
    input: '\n✿ARGS✿: {"city": "Oslo"}',
    calls: [oslo],
    options: { continuesMarker: true, begun: 'get_weather' },
  },
  {
    name: 'a return and no call',
    input: '✿RETURN✿: 42',
    text: '42',
  },
  { name: 'half a mark at the end', input: 'a ✿FUNC', text: 'a ✿FUNC' },
  { name: 'arguments of nothing', input: 'a ✿ARGS✿: x', text: 'a ✿ARGS✿: x' },
  {
    name: 'a mark in code',
    input: 'Write `✿FUNCTION✿` or\n```\n✿FUNCTION✿: x\n```',
    text: 'Write `✿FUNCTION✿` or\n```\n✿FUNCTION✿: x\n```',
  },
]

const coder = (body: string) => `<tool_call>\n${body}\n</tool_call>`

export const OTHERS: Fixture[] = [
  {
    name: 'Qwen3-Coder',
    input: coder(
      '<function=book>\n<parameter=note>\n{"a": 1}\n</parameter>\n<parameter=n>\n2\n</parameter>\n<parameter=ok>\nTrue\n</parameter>\n</function>',
    ),
    calls: [['book', { note: '{"a": 1}', n: 2, ok: true }]],
  },
  {
    name: 'Qwen3-Coder: texts that look like other values',
    input: coder(
      '<function=find>\n<parameter=zip>\n10115\n</parameter>\n<parameter=floor>\n2\n</parameter>\n<parameter=code>\n007\n</parameter>\n<parameter=old>\nNone\n</parameter>\n<parameter=size>\n7\n</parameter>\n<parameter=id>\n7\n</parameter>\n</function>',
    ),
    calls: [['find', { zip: '10115', floor: '2', code: '007', old: null, size: 7, id: 7 }]],
    options: {
      tools: [
        {
          name: 'find',
          parameters: {
            properties: {
              zip: { anyOf: [{ type: 'string' }, { type: 'null' }] },
              floor: { enum: ['1', '2', null] },
              code: { type: ['string', 'null'] },
              old: { type: ['string', 'null'] },
              size: { oneOf: [{ type: 'string' }, { type: 'integer' }] },
              id: { anyOf: [{ type: 'string' }, { $ref: '#/$defs/id' }] },
            },
          },
        },
      ],
    },
  },
  {
    name: 'Qwen3-Coder without the outer tag, several',
    input:
      'Well.\n<function=get_weather>\n<parameter=city>Oslo</parameter>\n</function>\n</tool_call>\n<function=get_weather><parameter=city>Rome</parameter></function>',
    text: 'Well.',
    calls: [oslo, rome],
  },
  {
    name: 'GLM',
    input:
      '<tool_call>book\n<arg_key>note</arg_key>\n<arg_value>42</arg_value>\n<arg_key>n</arg_key>\n<arg_value>42</arg_value>\n</tool_call><tool_call>get_time\n</tool_call>',
    calls: [['book', { note: '42', n: 42 }], time],
  },
  {
    name: 'GLM: calls and tags in a value',
    input:
      '<tool_call>book\n<arg_key>note</arg_key>\n<arg_value>First, run({"a": 1}) <function=a></arg_value>\n</tool_call>',
    calls: [['book', { note: 'First, run({"a": 1}) <function=a>' }]],
  },
  {
    name: 'Qwen3-Coder: tags of others in a value',
    input: coder('<function=book>\n<parameter=note>\n<invoke name="a">\n</parameter>\n</function>'),
    calls: [['book', { note: '<invoke name="a">' }]],
  },
  {
    name: 'Llama 3',
    input: '<|python_tag|>{"name": "get_weather", "parameters": {"city": "Oslo"}}<|eom_id|>',
    calls: [oslo],
  },
  {
    name: 'Llama 3, several',
    input:
      '<|python_tag|>{"name": "get_weather", "parameters": {"city": "Oslo"}}; {"name": "get_weather", "parameters": {"city": "Rome"}}',
    calls: [oslo, rome],
  },
  {
    name: 'Llama 3, bare',
    input: '{"name": "get_weather", "parameters": {"city": "Oslo"}}<|eot_id|>',
    calls: [oslo],
  },
  {
    name: 'Llama 3, bare, with its type',
    input: '\n{"type": "function", "name": "get_weather", "parameters": {"city": "Oslo"}}',
    calls: [oslo],
  },
  {
    name: 'an answer in JSON',
    input: '{"name": "Oslo", "parameters": {"a": 1}}',
    text: '{"name": "Oslo", "parameters": {"a": 1}}',
  },
  { name: 'another answer in JSON', input: '{"answer": 42}', text: '{"answer": 42}' },
  { name: 'an answer in JSON that stops', input: '{"name": "get_we', text: '{"name": "get_we' },
  {
    name: 'Mistral',
    input:
      '[TOOL_CALLS][{"name": "get_weather", "arguments": {"city": "Oslo"}}, {"name": "get_weather", "arguments": {"city": "Rome"}}]',
    calls: [oslo, rome],
  },
  {
    name: 'Mistral since 2025',
    input:
      '[TOOL_CALLS]get_weather[ARGS]{"city": "Oslo"}[TOOL_CALLS]get_weather[CALL_ID]abc[ARGS]{"city": "Rome"}',
    calls: [oslo, rome],
  },
  {
    name: 'DeepSeek R1',
    input:
      'Ok.<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n```json\n{"city": "Oslo"}\n```<｜tool▁call▁end｜>\n<｜tool▁call▁begin｜>function<｜tool▁sep｜>get_time\n```json\n{}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
    text: 'Ok.',
    calls: [oslo, time],
  },
  {
    name: 'DeepSeek V3.1',
    input:
      '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>{"city": "Oslo"}<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
    calls: [oslo],
  },
  {
    name: 'LM Studio',
    input:
      '[TOOL_REQUEST]{"name": "get_weather", "arguments": {"city": "Oslo"}}[END_TOOL_REQUEST]\n[TOOL_REQUEST]{"name": "get_time", "arguments": {}}[END_TOOL_REQUEST]',
    calls: [oslo, time],
  },
  {
    name: 'Kimi',
    input:
      'Ok <|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0<|tool_call_argument_begin|>{"city": "Oslo"}<|tool_call_end|><|tool_call_begin|>functions.get_time:1<|tool_call_argument_begin|>{}<|tool_call_end|><|tool_calls_section_end|>',
    text: 'Ok',
    calls: [oslo, time],
  },
  {
    name: 'Mistral without a mark before the arguments',
    input: '[TOOL_CALLS]get_weather{"city": "Oslo"}[TOOL_CALLS]get_time{}',
    calls: [oslo, time],
  },
  {
    name: 'Llama: JSON in the tag of a function',
    input: '<function=get_weather>{"city": "Oslo"}</function>\n<function=get_time></function>',
    calls: [oslo, time],
  },
  {
    name: 'Seed-OSS',
    input:
      'Ok.\n<seed:tool_call>\n<function=get_weather>\n<parameter=city>Oslo</parameter>\n</function>\n</seed:tool_call>',
    text: 'Ok.',
    calls: [oslo],
  },
  {
    name: 'MiniMax',
    input:
      '<minimax:tool_call>\n<invoke name="get_weather">\n<parameter name="city">Oslo</parameter>\n</invoke>\n<invoke name="get_time">\n</invoke>\n</minimax:tool_call>',
    calls: [oslo, time],
  },
  {
    name: 'MiniMax: tags of others in a value',
    input:
      '<minimax:tool_call>\n<invoke name="book">\n<parameter name="note"><function=a></function> <parameter=b></parameter>\n</invoke>\n</minimax:tool_call>',
    calls: [['book', { note: '<function=a></function> <parameter=b>' }]],
  },
  {
    name: 'DeepSeek V3.2',
    input:
      'Ok.\n\n<｜DSML｜function_calls>\n<｜DSML｜invoke name="book">\n<｜DSML｜parameter name="note" string="true">1</｜DSML｜parameter>\n<｜DSML｜parameter name="n" string="false">10</｜DSML｜parameter>\n<｜DSML｜parameter name="any" string="true">10\n</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜function_calls>',
    text: 'Ok.',
    calls: [['book', { note: '1', n: 10, any: '10\n' }]],
  },
  {
    name: 'LFM2',
    input: `Ok.<|tool_call_start|>[get_weather(city='Oslo'), book(note="a, b", n=1), get_time()]<|tool_call_end|>`,
    text: 'Ok.',
    calls: [oslo, ['book', { note: 'a, b', n: 1 }], time],
  },
  {
    name: 'LFM2: a name that is not on the list, and no end',
    input: '<|tool_call_start|>[lookup(a=1), book(note="a, b"',
    calls: [['lookup', { a: 1 }]],
    invalid: ['book'],
  },
  {
    name: 'the tag in prose, and a call behind it',
    input: 'Write <tool_call>, run() and </tool_call>.',
    text: 'Write <tool_call>, run() and </tool_call>.',
  },
  {
    name: 'LFM2 in JSON',
    input:
      '<|tool_call_start|>[{"name": "get_weather", "arguments": {"city": "Oslo"}}]<|tool_call_end|>',
    calls: [oslo],
  },
  {
    name: 'Gemma 4',
    input:
      '<|tool_call>call:book{note:<|"|>say "Hi", {all}<|"|>,n:1}<tool_call|><|tool_call>call:get_weather(city: "Oslo")<tool_call|>',
    calls: [['book', { note: 'say "Hi", {all}', n: 1 }], oslo],
  },
  {
    name: 'a name, and JSON in a code block',
    input: '<tool_call>get_weather\n```json\n{"city": "Oslo"}\n```\n</tool_call>',
    calls: [oslo],
  },
  {
    name: 'markers within a string, after a bracket',
    input:
      '<tool_call>{"name": "write", "arguments": {"text": "{ a: [1] }</tool_call> and ] </tool_call>\\n<tool_response>b"}}</tool_call>',
    calls: [['write', { text: '{ a: [1] }</tool_call> and ] </tool_call>\n<tool_response>b' }]],
  },
  {
    name: 'markers within a string',
    input:
      '<tool_call>\n{"name": "book", "arguments": {"note": "<tool_call> to </tool_call>."}}\n</tool_call>\n<tool_call>{"name": "get_time", "arguments": {}}</tool_call>',
    calls: [['book', { note: '<tool_call> to </tool_call>.' }], time],
  },
  {
    name: 'a string that the model did not end',
    input:
      '<tool_call>\n{"name": "book", "arguments": {"note": "a}}\n</tool_call>\n<tool_call>{"name": "get_time", "arguments": {}}</tool_call>',
    calls: [time],
    invalid: ['book'],
  },
  {
    name: 'Llama 4: a list of calls as code, bare',
    input: '\n[get_weather(city="Oslo"), get_time()]',
    calls: [oslo, time],
  },
  {
    name: 'Llama 4: such a list, and text behind it',
    input: '[ get_weather(city="a) ]")]<|eom|>\nI wait for it.',
    calls: [['get_weather', { city: 'a) ]' }]],
  },
  {
    name: 'a link whose text looks like a call, and lists that begin alike',
    input: '[get_weather(city)](https://a.example/w) [x]',
    text: '[get_weather(city)](https://a.example/w) [x]',
  },
  { name: 'a list of names', input: '[get_weather, get_time]', text: '[get_weather, get_time]' },
  { name: 'another list as code', input: '[get_money(a=1)]', text: '[get_money(a=1)]' },
  {
    name: 'Llama 4: a list of calls as code, and JSON',
    input:
      'Ok.<|python_start|>[get_weather(city="Oslo")]<|python_end|><|python_start|>{"name": "get_time", "parameters": {}}<|python_end|>',
    text: 'Ok.',
    calls: [oslo, time],
  },
  {
    name: 'Llama 3: its call as a method',
    input: '<|python_tag|>get_weather.call(city="Oslo")',
    calls: [oslo],
  },
  {
    name: 'Nemotron',
    input: 'Ok.\n<TOOLCALL>[{"name": "get_weather", "arguments": {"city": "Oslo"}}]</TOOLCALL>',
    text: 'Ok.',
    calls: [oslo],
  },
  {
    name: 'Granite and Phi-4',
    input:
      '<|tool_call|>[{"name": "get_weather", "arguments": {"city": "Oslo"}}]<|/tool_call|><|tool_call|>[{"name": "get_time", "arguments": {}}]',
    calls: [oslo, time],
  },
  {
    name: 'InternLM',
    input:
      'Ok.<|action_start|><|plugin|>\n{"name": "get_weather", "parameters": {"city": "Oslo"}}<|action_end|>',
    text: 'Ok.',
    calls: [oslo],
  },
  {
    name: 'OLMo 3',
    input: '<function_calls>get_weather(city="Oslo")\nbook(note="a\n, b", n=null)</function_calls>',
    calls: [oslo, ['book', { note: 'a\n, b', n: null }]],
  },
  {
    name: 'tags of a function within those of all calls',
    input:
      '<function_calls>\n<invoke name="get_weather">\n<parameter name="city">Oslo</parameter>\n</invoke>\n</function_calls>',
    calls: [oslo],
  },
  {
    name: 'FunctionGemma',
    input:
      '<start_function_call>call:get_weather{city:<escape>Oslo<escape>}<end_function_call>call:get_time{}<end_function_call>',
    calls: [oslo],
  },
  {
    name: 'Hunyuan: one mark around all calls',
    input:
      '<tool_calls>\n<tool_call>get_weather\n```json\n{"city": "Oslo"}\n```\n</tool_call>\n</tool_calls>',
    calls: [oslo],
  },
  {
    name: 'Hunyuan: a list',
    input: 'Ok.<tool_calls>[{"name": "get_time", "arguments": {}}]</tool_calls>',
    text: 'Ok.',
    calls: [time],
  },
  {
    name: 'marks without a call, one within the other',
    input: '<tool_calls> <tool_call>no call</tool_call></tool_calls>',
    text: '<tool_calls> <tool_call>no call</tool_call></tool_calls>',
  },
  {
    name: 'MiniMax-M3: elements, one within the other',
    input:
      'Ok.\n]<]minimax[>[<tool_call>\n]<]minimax[>[<invoke name="book">]<]minimax[>[<note>a <b>\n]<]minimax[>[</note>]<]minimax[>[<n>3]<]minimax[>[</n>]<]minimax[>[<tags>]<]minimax[>[<item>x]<]minimax[>[</item>]<]minimax[>[<item>]<]minimax[>[<zip>018956]<]minimax[>[</zip>]<]minimax[>[</item>]<]minimax[>[</tags>]<]minimax[>[</invoke>\n]<]minimax[>[<invoke name="get_time">]<]minimax[>[</invoke>\n]<]minimax[>[</tool_call>',
    text: 'Ok.',
    calls: [['book', { note: 'a <b>\n', n: 3, tags: ['x', { zip: '018956' }] }], time],
  },
  {
    name: 'MiniMax-M3 without its marks: never run without arguments',
    input: '<tool_call>\n<invoke name="get_weather"><city>Oslo</city></invoke>\n</tool_call>',
    invalid: ['get_weather'],
  },
  {
    name: 'Step 3',
    input:
      'Ok.<｜tool_calls_begin｜><｜tool_call_begin｜>function<｜tool_sep｜><steptml:invoke name="get_weather"><steptml:parameter name="city">Oslo</steptml:parameter></steptml:invoke><｜tool_call_end｜><｜tool_sep｜><｜tool_call_begin｜><steptml:invoke name="get_time"></steptml:invoke><｜tool_call_end｜><｜tool_calls_end｜>',
    text: 'Ok.',
    calls: [oslo, time],
  },
  {
    name: 'Step DeepResearch',
    input:
      '<steptml:toolcall>\n<steptml:invoke name="book">\n<steptml:parameter name="n">10</steptml:parameter>\n</steptml:invoke>\n</steptml:toolcall>',
    calls: [['book', { n: 10 }]],
  },
  {
    name: 'Apertus: the name is a key',
    input:
      'Ok.<|tools_prefix|>[{"get_weather": {"city": "Oslo"}}, {"get_time": {}}, {"none": {}}]<|tools_suffix|>',
    text: 'Ok.',
    calls: [oslo, time],
  },
  {
    name: 'Kimi K3',
    input:
      '<|open|>response<|sep|>Ok.<|close|>response<|sep|><|open|>tools<|sep|><|open|>call tool="book" index="1"<|sep|><|open|>argument key="note" type="string"<|sep|>1<|close|>argument<|sep|><|open|>argument key="n" type="number"<|sep|>3<|close|>argument<|sep|><|close|>call<|sep|><|open|>call tool="get_time" index="2"<|sep|><|close|>call<|sep|><|close|>tools<|sep|><|close|>message<|sep|>',
    text: 'Ok.',
    calls: [['book', { note: '1', n: 3 }], time],
  },
  {
    name: 'gpt-oss',
    input:
      '<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{"city": "Oslo"}<|call|>',
    reasoning: 'Hm.',
    calls: [oslo],
  },
  {
    name: 'gpt-oss: the other order, and without special tokens',
    options: { model: 'openai/gpt-oss-20b' },
    input:
      '<|start|>assistant to=functions.get_time<|channel|>commentary json<|message|>{}<|call|>commentary to=functions.get_weather json{"city": "Oslo"}',
    calls: [time, oslo],
  },
  {
    name: 'gpt-oss: an answer',
    input:
      '<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Yes.<|return|>',
    text: 'Yes.',
    reasoning: 'Hm.',
  },
  {
    name: 'DeepSeek V4.1',
    input:
      '<｜DSML｜ calls>\n<｜DSML｜ invoke name="get_weather">{"city": "Oslo"}</｜DSML｜ invoke>\n</｜DSML｜ calls>',
    calls: [oslo],
  },
  {
    name: 'DeepSeek V4 in ASCII',
    input:
      '<|DSML|tool_calls>\n<|DSML|invoke name="get_weather">\n<|DSML|parameter name="city" string="true">Oslo</|DSML|parameter>\n</|DSML|invoke>\n</|DSML|tool_calls>',
    calls: [oslo],
  },
  {
    name: 'Phi-4-mini',
    options: { model: 'Phi-4-mini-instruct' },
    input: 'Ok. functools[{"name": "get_weather", "arguments": {"city": "Oslo"}}]',
    text: 'Ok.',
    calls: [oslo],
  },
  {
    name: 'a bare call in a code block',
    input: '```json\n{"name": "get_weather", "arguments": {"city": "Oslo"}}\n```\nI wait for it.',
    calls: [oslo],
  },
  {
    name: 'a list of bare calls, whose mark the server removed',
    input:
      '[{"name": "get_weather", "arguments": {"city": "Oslo"}}, {"name": "get_time", "arguments": {}}]',
    calls: [oslo, time],
  },
  {
    name: 'no calls: answers in code blocks and lists',
    input: '```json\n[{"name": "Oslo", "arguments": {}}]\n```',
    text: '```json\n[{"name": "Oslo", "arguments": {}}]\n```',
  },
  { name: 'plain text', input: ' 1 < 2, `a` [x] {y}\n', text: ' 1 < 2, `a` [x] {y}\n' },
  { name: 'nothing', input: '', text: '' },
]
