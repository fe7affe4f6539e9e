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
  const messages = body.messages ?? body.input?.messages ?? []
  const last = messages.at(-1)
  // Anthropic has no role for tools: their answers are blocks of the user's turn.
  const result = Array.isArray(last?.content)
    ? last.content.find((/** @type {any} */ part) => part.type === 'tool_result')
    : undefined
  const asked = textOf(result?.content ?? last?.content)
  if (last?.role === 'tool' || result)
    return { text: `It is ${asked} in Hangzhou: take a light jacket.`, delayMs: 15 }
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

/** @param {unknown} content @returns {string} */
function textOf(content) {
  if (typeof content === 'string') return content
  return Array.isArray(content) ? content.map((part) => part.text ?? '').join('') : ''
}

/** A simulated vendor that tells this story. @param {import('chatwire/testing').SimulatedVendor} vendor */
export function createVendor(vendor) {
  return simulate(vendor, say)
}
