// @ts-check
// What a simulated model is asked, read out of the wire format of any of the vendors.

/**
 * @typedef {object} Asked
 * @property {string} text the last question of the person
 * @property {string} said the last answer of the model
 * @property {number} pictures how many came with it
 * @property {string[] | undefined} results what tools answered to it, if they were the last to speak
 * @property {Set<string>} tools the names of those on offer
 */

/** @param {any} body @returns {Asked} */
export function readAsked(body) {
  /** @type {any[]} */
  const turns = body.messages ?? body.input?.messages ?? body.contents ?? []
  const last = turns.findLastIndex((turn) => turn.role === 'user' && !hasResults(turn))
  const after = turns.slice(last + 1)
  const results = after.slice(after.findLastIndex(isModel) + 1).flatMap(resultsOf)
  return {
    text: textOf(turns[last]),
    said: textOf(turns.findLast(isModel)),
    pictures: picturesOf(turns[last]),
    results: after.length > 0 ? results : undefined,
    tools: new Set(toolsOf(body).map((tool) => (tool.function ?? tool).name)),
  }
}

/** @param {any} body @returns {any[]} */
function toolsOf(body) {
  const tools = body.tools ?? body.parameters?.tools ?? []
  return tools.flatMap((/** @type {any} */ tool) => tool.functionDeclarations ?? [tool])
}

/** @param {any} turn @returns {any[]} */
function partsOf({ content, parts } = {}) {
  const all = content ?? parts ?? []
  return typeof all === 'string' ? [{ text: all }] : all
}

/** Anthropic and Gemini have no role for tools: their answers are parts of the user's turn. @param {any} part */
const isResult = (part) => part.type === 'tool_result' || part.functionResponse

/** @param {any} turn */
const isModel = ({ role }) => role === 'assistant' || role === 'model'

/** @param {any} turn */
const hasResults = (turn) => partsOf(turn).some(isResult)

/** @param {any} turn @returns {string[]} */
function resultsOf(turn) {
  if (!hasResults(turn)) return [textOf(turn)]
  return partsOf(turn).filter(isResult).map(resultOf)
}

/** @param {any} part @returns {string} */
function resultOf({ content, functionResponse }) {
  return functionResponse ? functionResponse.response.result : textOf({ content })
}

/** @param {any} turn @returns {string} */
function textOf(turn) {
  return partsOf(turn)
    .map(({ text = '' }) => text)
    .join('')
}

/** @param {any} turn */
function picturesOf(turn) {
  // As OpenAI and Zhipu, Anthropic, DashScope and Gemini write them; Ollama has them beside the text.
  const isPicture = (/** @type {any} */ { type, image, inlineData }) =>
    type === 'image_url' || type === 'image' || image || inlineData
  return partsOf(turn).filter(isPicture).length + (turn?.images?.length ?? 0)
}
