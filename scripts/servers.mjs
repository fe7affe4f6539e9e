/**
 * Reads the abilities of each built-in server as the package declares them: every server is asked for everything, and what
 * it does not take is refused before anything is sent. No network. Needs a build.
 */
import { getChatModel, LLM_REGISTRY } from 'chatwire'
import { OPENAI_LIKE } from 'chatwire/providers/openai-like'

/**
 * Support for calls from pages: `set` if the server has a setting for it, `page` if the model is in the
 * page. Read from recorded responses, the servers' sources and their bug trackers, to the end of 2026.
 * @typedef {'yes' | 'no' | 'set' | 'unknown' | 'page'} Cors
 */

/**
 * Rows of the table in their order, with what the code does not say. `models`: examples, if abilities depend on the
 * model; `also`: further names of the same server. Rows of the OpenAI format hold their `cors` themselves.
 * @type {Record<string, { cors?: Cors, models?: string[], also?: string[] }>}
 */
const SERVERS = {
  dashscope: {
    cors: 'no', // the preflight is answered with 401
    models: ['qwen-plus', 'qwen-vl-max', 'deepseek-v3.1'],
    also: ['dashscope_qwen'],
  },
  zhipu: { cors: 'no', models: ['glm-4.7'] }, // nothing but a status since September 2026
  openai: { cors: 'yes', models: ['gpt-5.1', 'gpt-4.1'], also: ['openai_fn_call'] },
  azure_openai: { cors: 'yes' },
  anthropic: { cors: 'yes', models: ['claude-sonnet-4-6', 'claude-haiku-4-5'] }, // by a header, which is sent
  gemini: { cors: 'yes', models: ['gemini-2.5-flash', 'gemini-2.5-pro'] },
  ollama: { cors: 'set', models: ['qwen3'] }, // pages of localhost; others by OLLAMA_ORIGINS
  ...Object.fromEntries(Object.keys(OPENAI_LIKE).map((name) => [name, {}])),
  'vllm-server': { also: ['vllm'] },
  siliconflow: { models: ['Qwen/Qwen3-8B', 'Qwen/Qwen3-VL-8B-Instruct'] },
  openrouter: { models: ['openai/gpt-5.1', 'qwen/qwen3-max'] },
  groq: { models: ['openai/gpt-oss-120b', 'qwen/qwen3-32b'] },
  browser: { cors: 'page' },
  engine: { cors: 'page' },
}

const BYTES = new Uint8Array([1, 2, 3])
const WAV = new Blob([BYTES], { type: 'audio/wav' })
const URL_OF = 'https://host.example/file'
/** Each kind of media as bytes, and by URL: a server that takes one of them takes it. */
const MEDIA = {
  images: [
    { type: 'image_url', image_url: { url: new Blob([BYTES], { type: 'image/png' }) } },
    { type: 'image_url', image_url: { url: URL_OF } },
  ],
  audio: [
    { type: 'input_audio', input_audio: { data: WAV, format: 'wav' } },
    { type: 'input_audio', input_audio: { data: URL_OF, format: 'wav' } },
  ],
  video: [
    { type: 'video_url', video_url: { url: new Blob([BYTES], { type: 'video/mp4' }) } },
    { type: 'video_url', video_url: { url: URL_OF } },
  ],
  files: [
    { type: 'file', file: { file_data: new Blob([BYTES], { type: 'application/pdf' }) } },
    { type: 'file', file: { file_url: URL_OF } },
  ],
}
const TOOL = {
  type: 'function',
  function: { name: 'weather', parameters: { type: 'object', properties: {} } },
}

const SCHEMA = {
  type: 'json_schema',
  json_schema: { name: 'weather', schema: { type: 'object', properties: {} } },
}

/**
 * `yes` it takes it, `no` it is refused here, `model` it depends on the model, `json` JSON without a schema.
 * @typedef {'yes' | 'no' | 'model' | 'json'} Can
 * @typedef {{ names: string[], variable: string, isOptional: boolean, cors: Cors, stream: Can, tools: Can,
 *   thinking: Can, schema: Can, images: Can, audio: Can, video: Can, files: Can, raw: Can }} Server
 */

/** @returns {Promise<Server[]>} */
export async function readServers() {
  const names = Object.entries(SERVERS).flatMap(([name, { also = [] }]) => [name, ...also])
  const unlisted = LLM_REGISTRY.names().filter(
    // `xai_responses` is another API of a server in the table.
    (name) => !names.includes(name) && !name.endsWith('_responses'),
  )
  return await withBrowserModel(() =>
    Promise.all([...Object.keys(SERVERS), ...unlisted].map(readServer)),
  )
}

/** @param {string} name @returns {Promise<Server>} */
async function readServer(name) {
  const { models = ['acme-large'], also = [], ...row } = SERVERS[name] ?? {}
  const cors = row.cors ?? OPENAI_LIKE[name]?.cors ?? 'unknown'
  const all = await Promise.all(models.map((model) => readModel(name, model)))
  const abilities = Object.entries(all[0]).map(([ability, first]) => [
    ability,
    all.every((one) => one[ability] === first) ? first : 'model',
  ])
  const key = await readKey(name, models[0])
  return { names: [name, ...also], ...key, cors, ...Object.fromEntries(abilities) }
}

/** @param {string} name @param {string} model @returns {Promise<Record<string, Can>>} */
async function readModel(name, model) {
  const llm = createModel(name, model)
  const can = async (options) => ((await takes(llm, options)) ? 'yes' : 'no')
  const media = Object.entries(MEDIA).map(async ([kind, [bytes, address]]) => {
    const taken = (await takes(llm, { part: bytes })) || (await takes(llm, { part: address }))
    return [kind, taken ? (leavesMediaTo(llm) ? 'model' : 'yes') : 'no']
  })
  return {
    stream: await can({}),
    tools: llm.supportFunctionCalling() ? await can({ tools: [TOOL] }) : 'no',
    thinking: await can({ reasoning: true }),
    schema: await formOf(llm),
    ...Object.fromEntries(await Promise.all(media)),
    raw: llm.supportRawPrompt() ? 'yes' : 'no',
  }
}

/** The declared support; otherwise what is sent anyway, since a model on the server may support it. */
async function formOf(llm) {
  if (llm.supportResponseFormat('json_schema')) return 'yes'
  if (await takes(llm, { responseFormat: SCHEMA })) return 'model'
  return llm.supportResponseFormat('json_object') ? 'json' : 'no'
}

/** Returns true if a server declares nothing about media: they are passed through, and the model decides. */
function leavesMediaTo(llm) {
  const { server } = llm.constructor
  return server !== undefined && server.unsupportedParts === undefined
}

/** Returns false if a request is rejected as unsupported by the server. */
async function takes(llm, { part, ...options }) {
  const content = part ? [{ type: 'text', text: 'Hi' }, part] : 'Hi'
  try {
    await llm.chat({ messages: [{ role: 'user', content }], ...options, stream: true }).result()
  } catch (error) {
    // Then it is the question that is wrong.
    if (error.code === 'invalid_config' || error.code === 'invalid_messages') throw error
    return error.code !== 'unsupported_option'
  }
  return true
}

/** The variable that a server's key is looked up in first, and whether it does without. */
async function readKey(name, model) {
  const asked = []
  const env = new Proxy({}, { get: (_bag, key) => void asked.push(String(key)) })
  const isMissing = await createModel(name, model, { env, apiKey: undefined })
    .chat('Hi')
    .then(
      () => false,
      (error) => error.code === 'missing_api_key',
    )
  const variable = asked.find((key) => /_(KEY|TOKEN)$/.test(key)) ?? ''
  return { variable, isOptional: variable !== '' && !isMissing }
}

function createModel(name, model, more = {}) {
  return getChatModel({
    modelServer: name,
    model,
    ...(name !== 'browser' && name !== 'engine' && { apiKey: 'key', fetch: answerNothing }),
    ...(name === 'azure_openai' && { baseURL: 'https://name.openai.azure.com' }),
    ...(name === 'engine' && { engine: { createChatCompletion: stop, createCompletion: stop } }),
    maxRetries: 0,
    ...more,
  })
}

/** Far enough: it was not refused. */
function stop() {
  throw new Error('asked')
}

async function answerNothing() {
  return new Response('{}', { status: 418 })
}

/** A page's built-in model, as long as the work takes. */
async function withBrowserModel(work) {
  const before = globalThis.LanguageModel
  globalThis.LanguageModel = { availability: async () => 'available', create: stop }
  try {
    return await work()
  } finally {
    globalThis.LanguageModel = before
  }
}
