// @ts-check
// What the simulated models say: the embedded default of the demo, so that it needs neither key nor network.
import { simulate } from 'chatwire/testing'

/**
 * The wire formats, each with a model of its own, and the variables of its key and its address. A model of
 * unknown make may not take `reasoning`.
 */
export const SERVERS = /** @type {const} */ ([
  {
    server: 'dashscope',
    model: 'qwen-plus',
    variable: 'DASHSCOPE_API_KEY',
    reasoning: true,
  },
  {
    server: 'zhipu',
    model: 'glm-4.7',
    variable: 'ZHIPU_API_KEY',
    reasoning: true,
  },
  {
    server: 'openai',
    model: 'gpt-5-mini',
    variable: 'OPENAI_API_KEY',
    reasoning: undefined,
  },
  {
    server: 'anthropic',
    model: 'claude-sonnet-4-6',
    variable: 'ANTHROPIC_API_KEY',
    reasoning: true,
  },
  {
    server: 'gemini',
    model: 'gemini-2.5-flash',
    variable: 'GEMINI_API_KEY',
    reasoning: true,
  },
  {
    server: 'ollama',
    model: 'qwen3',
    variable: 'OLLAMA_API_KEY',
    reasoning: true,
  },
])

export const WEATHER_TOOL = /** @type {const} */ ({
  type: 'function',
  function: {
    name: 'weather',
    description: 'The weather of a city, now',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
})

const JOKE =
  'Why do tokens never get lost? Because they always come in a stream. ' +
  '（为什么令牌从不迷路？因为它们总是顺流而下。）'

/** @param {{ body: any }} request */
function say({ body }) {
  const { text: asked, isAnswer } = lastOf(body)
  if (isAnswer) return { text: `It is ${asked} in Hangzhou: take a light jacket.`, delayMs: 15 }
  const tools = body.tools ?? body.parameters?.tools
  if (tools && /weather/i.test(asked)) {
    return {
      reasoning: 'The weather is asked for. I have a tool for that.',
      toolCalls: [{ name: 'weather', arguments: { city: 'Hangzhou' } }],
      delayMs: 15,
    }
  }
  return { reasoning: `They say “${asked}”. A joke is always welcome.`, text: JOKE, delayMs: 15 }
}

/** Returns the last message, and whether it came from a tool, in any vendor's format. @param {any} body */
function lastOf(body) {
  const turns = body.messages ?? body.input?.messages ?? body.contents ?? []
  const { role, content, parts } = turns.at(-1) ?? {}
  if (typeof content === 'string') return { text: content, isAnswer: role === 'tool' }
  /** @type {any[]} */
  const all = content ?? parts ?? []
  // Anthropic and Gemini have no role for tools: their answers are parts of the user's turn.
  const answer = all.find((part) => part.type === 'tool_result' || part.functionResponse)
  const texts = all.map((part) => part.text ?? '')
  const told = answer?.functionResponse?.response?.result ?? answer?.content
  const text = Array.isArray(told) ? told[0].text : (told ?? texts.join(''))
  return { text, isAnswer: role === 'tool' || answer !== undefined }
}

/** A simulated vendor that tells this story. @param {import('chatwire/testing').SimulatedVendor} vendor */
export function createVendor(vendor) {
  return simulate(vendor, say)
}
