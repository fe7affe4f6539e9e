/**
 * Builds what servers send, frame by frame, in the shape of their recorded answers. A wire says what stands before the
 * pieces, how a piece is written, what ends the answer, and how the plainest reader finds the text in a frame.
 */

const sse = (data, before = '') => `${before}data: ${JSON.stringify(data)}\n\n`
const line = (data) => `${JSON.stringify(data)}\n`

const WORDS =
  ' the| stream| of| tokens|, as| a model| writes| it|: some| short|,| some| rather| long|.|\n'.split(
    '|',
  )

const openaiChunk = (delta, finish = null, usage = null) => ({
  id: 'chatcmpl-BKTpxLzenMWda0yXQGBqvT7hIh2jN',
  object: 'chat.completion.chunk',
  created: 1744220953,
  model: 'gpt-4o-2024-08-06',
  service_tier: 'default',
  system_fingerprint: 'fp_726d488742',
  choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
  usage,
})

const OPENAI_USAGE = {
  prompt_tokens: 479,
  completion_tokens: 53,
  total_tokens: 532,
  prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
}

/** An answer in the OpenAI format whose pieces are made by `delta`. */
function openaiWire(members) {
  const { delta, first = { role: 'assistant', content: '' }, finish = 'stop' } = members
  return {
    server: 'openai',
    model: 'gpt-4o',
    framing: 'sse',
    before: [sse(openaiChunk(first))],
    piece: (text) => sse(openaiChunk(delta(text))),
    after: [
      sse(openaiChunk({}, finish)),
      sse({ ...openaiChunk({}), choices: [], usage: OPENAI_USAGE }),
      'data: [DONE]\n\n',
    ],
    ...members,
  }
}

const openaiText = (json) => json.choices[0]?.delta.content

const zhipuChunk = (choice, more = {}) => ({
  id: '202607010739425543ff9439144b2c',
  created: 1782862782,
  object: 'chat.completion.chunk',
  model: 'glm-4.7',
  choices: [{ index: 0, ...choice }],
  ...more,
})

function dashscopeWire({ message, ...members }) {
  let id = 0
  const frame = (data) => {
    id = (id % 9000) + 1
    return `id:${id}\nevent:result\n:HTTP_STATUS/200\ndata:${JSON.stringify(data)}\n\n`
  }
  const reply = (content, finish = 'null') => ({
    output: { choices: [{ message: content, index: 0, finish_reason: finish }] },
    // As the recorded ones, it tells with each frame what was used so far.
    usage: {
      total_tokens: 250 + id,
      output_tokens: id,
      input_tokens: 250,
      prompt_tokens_details: { cached_tokens: 0 },
    },
    request_id: '98b76af4-4c9f-9397-af42-500425556f95',
  })
  return {
    server: 'dashscope',
    model: 'qwen-plus',
    framing: 'sse',
    before: [],
    piece: (text) => frame(reply(message(text))),
    after: [frame(reply({ content: '', role: 'assistant' }, 'stop'))],
    read: (json) => json.output.choices[0]?.message.content,
    ...members,
  }
}

const anthropicFrame = (type, members) => sse({ type, ...members }, `event: ${type}\n`)

function anthropicWire({ start, delta, ...members }) {
  return {
    server: 'anthropic',
    model: 'claude-sonnet-4-5',
    framing: 'sse',
    before: [
      anthropicFrame('message_start', {
        message: {
          id: 'msg_01FXaWbVTiyVBNHuFwFAPxNn',
          type: 'message',
          role: 'assistant',
          model: 'claude-sonnet-4-5',
          content: [],
          stop_reason: null,
          stop_sequence: null,
          usage: { input_tokens: 455, output_tokens: 1 },
        },
      }),
      anthropicFrame('content_block_start', { index: 0, content_block: start }),
    ],
    piece: (text) => anthropicFrame('content_block_delta', { index: 0, delta: delta(text) }),
    after: [
      anthropicFrame('content_block_stop', { index: 0 }),
      anthropicFrame('message_delta', {
        delta: { stop_reason: 'end_turn', stop_sequence: null },
        usage: { output_tokens: 18 },
      }),
      anthropicFrame('message_stop', {}),
    ],
    read: (json) => json.delta?.text,
    ...members,
  }
}

let tokens = 0
const geminiAnswer = (parts, more = {}) => {
  tokens = (tokens % 9000) + 3
  return {
    candidates: [{ content: { parts, role: 'model' }, index: 0, ...more }],
    usageMetadata: {
      promptTokenCount: 425,
      candidatesTokenCount: tokens,
      totalTokenCount: 425 + tokens,
      promptTokensDetails: [{ modality: 'TEXT', tokenCount: 425 }],
    },
    modelVersion: 'gemini-2.5-flash',
    responseId: 'YH6LaZT7ENmPxN8P-r2J8Aw',
  }
}

let microseconds = 0
const ollamaLine = (message, more = { done: false }) => {
  microseconds = (microseconds + 12_345) % 1e6
  const created_at = `2025-04-20T00:17:55.${String(microseconds).padStart(6, '0')}Z`
  return line({ model: 'qwen3:latest', created_at, message, ...more })
}

/** An answer's plain text, as each server writes it. */
export const TEXT = {
  openai: openaiWire({ delta: (content) => ({ content }), read: openaiText }),
  zhipu: {
    server: 'zhipu',
    model: 'glm-4.7',
    framing: 'sse',
    before: [],
    piece: (content) => sse(zhipuChunk({ delta: { role: 'assistant', content } })),
    after: [
      sse(
        zhipuChunk(
          { finish_reason: 'stop', delta: { role: 'assistant', content: '' } },
          { usage: { prompt_tokens: 13, completion_tokens: 564, total_tokens: 577 } },
        ),
      ),
      'data: [DONE]\n\n',
    ],
    read: openaiText,
  },
  dashscope: dashscopeWire({ message: (content) => ({ content, role: 'assistant' }) }),
  anthropic: anthropicWire({
    start: { type: 'text', text: '' },
    delta: (text) => ({ type: 'text_delta', text }),
  }),
  gemini: {
    server: 'gemini',
    model: 'gemini-2.5-flash',
    framing: 'sse',
    before: [],
    piece: (text) => sse(geminiAnswer([{ text }])),
    after: [sse(geminiAnswer([{ text: '' }], { finishReason: 'STOP' }))],
    read: (json) => json.candidates[0]?.content.parts[0]?.text,
  },
  ollama: {
    server: 'ollama',
    model: 'qwen3',
    framing: 'ndjson',
    before: [],
    piece: (content) => ollamaLine({ role: 'assistant', content }),
    after: [
      ollamaLine(
        { role: 'assistant', content: '' },
        { done: true, done_reason: 'stop', prompt_eval_count: 403, eval_count: 8 },
      ),
    ],
    read: (json) => json.message.content,
  },
}

const toolCall = (call) => ({ tool_calls: [{ index: 0, ...call }] })

/** Answers of other contents: thinking, and the arguments of a call. */
export const CONTENTS = {
  'openai, thinking': openaiWire({
    delta: (text) => ({ reasoning_content: text }),
    read: (json) => json.choices[0]?.delta.reasoning_content,
  }),
  'openai, thinking in tags': openaiWire({
    first: { role: 'assistant', content: '<think>\n' },
    delta: (content) => ({ content }),
    read: (json) => json.choices[0]?.delta.content,
  }),
  'openai, a stop sequence': openaiWire({
    delta: (content) => ({ content }),
    read: openaiText,
    stop: ['\n\nHuman:'],
  }),
  'openai, small frames': {
    server: 'openai',
    model: 'gpt-4o',
    framing: 'sse',
    before: [],
    piece: (content) => sse({ choices: [{ delta: { content } }] }),
    after: [sse({ choices: [{ delta: {}, finish_reason: 'stop' }] }), 'data: [DONE]\n\n'],
    read: openaiText,
  },
  'openai, tool arguments': openaiWire({
    first: toolCall({ id: 'call_RJU6', type: 'function', function: { name: 'f', arguments: '"' } }),
    delta: (text) => toolCall({ function: { arguments: text.trim() } }),
    finish: 'tool_calls',
    read: (json) => json.choices[0]?.delta.tool_calls?.[0]?.function.arguments,
  }),
  'dashscope, thinking': dashscopeWire({
    message: (text) => ({ content: '', reasoning_content: text, role: 'assistant' }),
    read: (json) => json.output.choices[0]?.message.reasoning_content,
  }),
  'dashscope, tool arguments': dashscopeWire({
    message: (text) => ({
      content: '',
      role: 'assistant',
      ...toolCall({ id: '', type: 'function', function: { name: 'f', arguments: text.trim() } }),
    }),
    read: (json) => json.output.choices[0]?.message.tool_calls?.[0]?.function.arguments,
  }),
  'anthropic, thinking': anthropicWire({
    start: { type: 'thinking', thinking: '', signature: '' },
    delta: (thinking) => ({ type: 'thinking_delta', thinking }),
    read: (json) => json.delta?.thinking,
  }),
  'anthropic, tool arguments': anthropicWire({
    start: { type: 'tool_use', id: 'toolu_01', name: 'f', input: {} },
    delta: (text) => ({ type: 'input_json_delta', partial_json: text.trim() }),
    read: (json) => json.delta?.partial_json,
  }),
}

/**
 * An in-process `fetch` that answers a wire, so many pieces long. Cold: a read makes what it gives, and nothing waits.
 * @param {object} wire
 * @param {{ chunks: number, perRead?: number }} options how many pieces there are, and how many come in a read
 *   `beforeChunk` may return a promise to wait for before a chunk
 */
export function feed(wire, { chunks, perRead = 1, onRead, beforeChunk }) {
  const encoder = new TextEncoder()
  const [first, last] = [wire.before, wire.after].map((frames) => encoder.encode(frames.join('')))
  const reads = WORDS.map((_, at) => {
    const words = Array.from({ length: perRead }, (_, more) => WORDS[(at + more) % WORDS.length])
    return encoder.encode(words.map((word) => wire.piece(word)).join(''))
  })
  const count = Math.ceil(chunks / perRead)
  const type = wire.framing === 'sse' ? 'text/event-stream' : 'application/x-ndjson'
  return async (...asked) => {
    // As every real `fetch` does with what it is given.
    new Request(...asked)
    let at = first.length > 0 ? -1 : 0
    const give = (controller) => {
      if (at < 0) controller.enqueue(first)
      else if (at < count) controller.enqueue(reads[at % reads.length])
      else if (at === count) controller.enqueue(last)
      else controller.close()
      at++
    }
    const body = new ReadableStream(
      {
        pull(controller) {
          onRead?.()
          const wait = beforeChunk?.(at)
          return wait ? wait.then(() => give(controller)) : give(controller)
        },
      },
      { highWaterMark: 0 },
    )
    return new Response(body, { headers: { 'content-type': type } })
  }
}

export const wireOf = (name) => TEXT[name] ?? CONTENTS[name]
