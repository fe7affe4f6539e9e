/**
 * Errors inside an answer, as every vendor writes them.
 */
import type { ErrorCode } from 'chatwire'
import type { Family } from '../columns.ts'
import type { Exchange } from '../exchange.ts'
import type { Fault } from '../fault.ts'
import { always, final, said, twice } from '../fault.ts'

/** Recorded or documented: the vendor, its frame, what it means, whether another try may help. */
type ErrorFrame = readonly [vendor: string, frame: unknown, code: ErrorCode, retryable: boolean]

const OPENAI_FRAMES: readonly ErrorFrame[] = [
  [
    'openai',
    { error: { message: 'The server had an error', type: 'server_error', code: null } },
    'server_error',
    true,
  ],
  [
    'vllm',
    { error: { message: 'EngineCore died', type: 'InternalServerError', code: 500 } },
    'server_error',
    true,
  ],
  [
    'old vllm',
    { object: 'error', message: 'bad value', type: 'BadRequestError', code: 400 },
    'bad_request',
    false,
  ],
  [
    'openrouter',
    {
      id: 'gen-1',
      error: { code: 502, message: 'Provider returned error' },
      choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }],
    },
    'server_error',
    true,
  ],
  [
    'groq',
    'event: error\ndata: {"error":{"message":"Failed to call a function","type":"invalid_request_error","code":"tool_use_failed","status_code":400}}\n\n',
    'bad_request',
    false,
  ],
  ['ollama', '{"error":"model runner has unexpectedly stopped"}\n', 'server_error', true],
  [
    'old llama.cpp',
    'error: {"code":500,"message":"slot unavailable","type":"server_error"}\n\n',
    'server_error',
    true,
  ],
  [
    'moonshot',
    { error: { message: 'The engine is currently overloaded', type: 'engine_overloaded_error' } },
    'overloaded',
    true,
  ],
  [
    'rate limit',
    { error: { message: 'Rate limit reached', type: 'requests', code: 'rate_limit_exceeded' } },
    'rate_limit',
    true,
  ],
  [
    'no money',
    { error: { message: 'You exceeded your current quota', code: 'insufficient_quota' } },
    'insufficient_quota',
    false,
  ],
  [
    'deepseek',
    { id: '1', choices: [{ index: 0, delta: {}, finish_reason: 'insufficient_system_resource' }] },
    'server_error',
    true,
  ],
  [
    'mistral',
    { id: '1', choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }] },
    'server_error',
    true,
  ],
]

const ZHIPU_FRAMES: readonly ErrorFrame[] = [
  [
    'zhipu network_error',
    {
      id: '1',
      choices: [
        { index: 0, delta: { role: 'assistant', content: '' }, finish_reason: 'network_error' },
      ],
    },
    'server_error',
    true,
  ],
  ['zhipu 1302', { error: { code: '1302', message: '并发数过高' } }, 'rate_limit', true],
  [
    'zhipu 1261',
    { error: { code: '1261', message: 'Prompt exceeds max length' } },
    'context_length',
    false,
  ],
  ['zhipu flat 1301', { code: 1301, message: '敏感内容' }, 'content_filter', false],
]

const dashscopeFrame = (status: number, code: string, message: string) =>
  `id:9\nevent:error\n:HTTP_STATUS/${status}\ndata:${JSON.stringify({ code, message, request_id: 'r-1' })}\n\n`

const DASHSCOPE_FRAMES: readonly ErrorFrame[] = [
  [
    'dashscope 400',
    dashscopeFrame(400, 'InvalidParameter', 'temperature is out of range'),
    'bad_request',
    false,
  ],
  [
    'dashscope 429',
    dashscopeFrame(429, 'Throttling.RateQuota', 'Requests rate limit exceeded'),
    'rate_limit',
    true,
  ],
  [
    'dashscope 500',
    dashscopeFrame(500, 'InternalError.Algo', 'inference failed'),
    'server_error',
    true,
  ],
  [
    'dashscope inspection',
    { code: 'DataInspectionFailed', message: 'Output data may contain inappropriate content.' },
    'content_filter',
    false,
  ],
  [
    'dashscope money',
    {
      code: 'Arrearage',
      message: 'Access denied, please make sure your account is in good standing.',
    },
    'insufficient_quota',
    false,
  ],
  [
    'dashscope nested',
    { error: { message: 'The model `x` is overloaded', code: 'ServiceOverloaded' } },
    'overloaded',
    true,
  ],
]

const OVERLOADED = {
  error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' },
}
const GEMINI_FRAMES: readonly ErrorFrame[] = [
  ['gemini', OVERLOADED, 'overloaded', true],
  ['gemini, bare', `${JSON.stringify(OVERLOADED, null, 2)}\n`, 'overloaded', true],
  ['gemini, bare in a list', `${JSON.stringify([OVERLOADED], null, 2)}\r\n`, 'overloaded', true],
  ['gemini, in a list', [OVERLOADED], 'overloaded', true],
  [
    'gemini 500',
    { error: { code: 500, message: 'An internal error has occurred.', status: 'INTERNAL' } },
    'server_error',
    true,
  ],
  [
    'gemini 400',
    {
      error: {
        code: 400,
        message: 'The input token count (2) exceeds 1',
        status: 'INVALID_ARGUMENT',
      },
    },
    'context_length',
    false,
  ],
  ['gemini blocked', { promptFeedback: { blockReason: 'SAFETY' } }, 'content_filter', false],
  [
    'gemini malformed call',
    { candidates: [{ content: {}, finishReason: 'MALFORMED_FUNCTION_CALL' }] },
    'server_error',
    true,
  ],
]

const anthropicFrame = (type: string, message: string) =>
  `event: error\ndata: ${JSON.stringify({ type: 'error', error: { type, message } })}\n\n`

const ANTHROPIC_FRAMES: readonly ErrorFrame[] = [
  ['anthropic overload', anthropicFrame('overloaded_error', 'Overloaded'), 'overloaded', true],
  ['anthropic 500', anthropicFrame('api_error', 'Internal server error'), 'server_error', true],
  ['anthropic 400', anthropicFrame('invalid_request_error', 'Bad'), 'bad_request', false],
  [
    'anthropic length',
    anthropicFrame('invalid_request_error', 'prompt is too long: 9 tokens > 8 maximum'),
    'context_length',
    false,
  ],
  [
    'anthropic without event',
    { type: 'error', error: { type: 'rate_limit_error', message: 'Too much' } },
    'rate_limit',
    true,
  ],
  [
    'anthropic surface of dashscope',
    'event: error\ndata: {"code":"InternalError","message":"failed","request_id":"r-1"}\n\n',
    'server_error',
    true,
  ],
]

const failedFrame = (code: string | null, message: string) => {
  const response = { id: 'resp_1', object: 'response', status: 'failed', error: { code, message } }
  return { type: 'response.failed', sequence_number: 9, response: { ...response, output: [] } }
}

const RESPONSES_FRAMES: readonly ErrorFrame[] = [
  ['responses', failedFrame('server_error', 'The model failed'), 'server_error', true],
  ['responses limit', failedFrame('rate_limit_exceeded', 'Slow down'), 'rate_limit', true],
  ['responses policy', failedFrame('invalid_prompt', 'Refused'), 'content_filter', false],
  [
    'responses event',
    'event: error\ndata: {"type":"error","code":"server_error","message":"It broke","param":null,"sequence_number":9}\n\n',
    'server_error',
    true,
  ],
  [
    'responses nested event',
    {
      type: 'error',
      error: {
        type: 'invalid_request_error',
        code: 'context_length_exceeded',
        message: 'Your input exceeds the context window of this model.',
      },
    },
    'context_length',
    false,
  ],
  [
    'responses bare',
    { error: { message: 'The server had an error', type: 'server_error', code: null } },
    'server_error',
    true,
  ],
]

const OLLAMA_FRAMES: readonly ErrorFrame[] = [
  ['a runner', '{"error":"model runner has unexpectedly stopped"}\n', 'server_error', true],
  ['a proxy', '{\n  "error": "an error was encountered"\n}\n', 'server_error', true],
  [
    'a small context',
    '{"error":"the input length exceeds the context length"}\n',
    'context_length',
    false,
  ],
]

function errorFrames(list: readonly ErrorFrame[], family: Family): Fault[] {
  return list.flatMap(([vendor, frame, code, retryable]) => {
    const text = typeof frame === 'string' ? frame : `data: ${JSON.stringify(frame)}\n\n`
    const expected = retryable ? twice(code) : final(code)
    return twoPlaces(`error of ${vendor}`, text, expected, { families: [family] })
  })
}

/** An error frame before any text, and one after some text. */
function twoPlaces(
  name: string,
  frame: string,
  expected: ReturnType<typeof twice>,
  more: Partial<Fault> = {},
): Fault[] {
  const body = /^data: ?(.*)$/m.exec(frame)?.[1] ?? frame.replace(/^error: /, '')
  const send = async (to: Exchange) => {
    await to.send(to.stream ? frame : body)
    to.end()
  }
  const first: Fault = {
    name: `${name}, first`,
    async perform(to) {
      to.head()
      await send(to)
    },
    expected: always(expected),
    ...more,
  }
  const later: Fault = {
    name: `${name}, after text`,
    mode: 'stream',
    async perform(to) {
      await to.say(2)
      await send(to)
    },
    expected: always({ ...expected, requests: 1, text: said(2) }),
    ...more,
  }
  return [first, later]
}

export const errorFrameRows: readonly Fault[] = [
  ...errorFrames(DASHSCOPE_FRAMES, 'dashscope'),
  ...errorFrames(ZHIPU_FRAMES, 'zhipu'),
  ...errorFrames(ANTHROPIC_FRAMES, 'anthropic'),
  ...errorFrames(GEMINI_FRAMES, 'gemini'),
  ...errorFrames(OPENAI_FRAMES, 'openai'),
  ...errorFrames(RESPONSES_FRAMES, 'openai_responses'),
  ...errorFrames(OLLAMA_FRAMES, 'ollama'),
]
