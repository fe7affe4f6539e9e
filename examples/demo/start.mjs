// @ts-check
// `npm start`: streams a chat with each wire format to the terminal, then serves the playground.
// `npm start -- --once "Tell me a joke"` asks that of each, and ends.
import { getChatModel, isChatError, textOf } from 'chatwire'
import { createVendor, SERVERS, WEATHER_TOOL } from './story.mjs'

const at = process.argv.indexOf('--once')
const once = at === -1 ? undefined : process.argv[at + 1] || 'Tell me a joke'
const color = process.stdout.isTTY
const dim = (/** @type {string} */ text) => (color ? `\x1b[2m${text}\x1b[0m` : text)
const bold = (/** @type {string} */ text) => (color ? `\x1b[1m${text}\x1b[0m` : text)
const show = (/** @type {string} */ text) => void process.stdout.write(text)

let failed = false
for (const { server: name, model, variable, reasoning } of SERVERS) {
  const key = process.env[variable]
  show(
    `\n${bold(`${name} / ${model}`)}  ${dim(key ? `the real service (${variable} is set)` : `simulated here (set ${variable} for the real service)`)}\n`,
  )
  // A real service is found by its own address and variable.
  const place = key ? {} : { fetch: createVendor(name), apiKey: 'demo-key' }
  const llm = getChatModel({ model, modelServer: name, defaults: { reasoning }, ...place })
  try {
    if (once) await tell(llm, [{ role: 'user', content: once }])
    else await tellStory(llm)
  } catch (error) {
    failed = true
    show(`\n${isChatError(error) ? `${error.code}: ${error.message}` : String(error)}\n`)
  }
}
if (once) {
  process.exitCode = failed ? 1 : 0
} else {
  const { buildPlayground } = await import('../playground/build.mjs')
  const { startServer } = await import('../playground/server.mjs')
  await buildPlayground()
  const port = Number(process.env.PORT ?? 8787)
  const { url } = await startServer({ port }).catch(() => startServer())
  show(`\nThe playground, in a page: ${bold(url)}  ${dim('(Ctrl+C ends)')}\n`)
}

/** @param {import('chatwire').BaseChatModel} llm */
async function tellStory(llm) {
  await tell(llm, [{ role: 'user', content: 'Tell me a joke' }])
  /** @type {import('chatwire').Message[]} */
  const messages = [{ role: 'user', content: 'What is the weather in Hangzhou?' }]
  const { message, toolCalls } = await tell(llm, messages, [WEATHER_TOOL])
  messages.push(message)
  for (const { id } of toolCalls)
    messages.push({ role: 'tool', tool_call_id: id, content: '21 °C' })
  if (toolCalls.length > 0) await tell(llm, messages, [WEATHER_TOOL])
}

/**
 * @param {import('chatwire').BaseChatModel} llm
 * @param {import('chatwire').Message[]} messages
 * @param {readonly import('chatwire').ToolDefinition[]} [tools]
 */
async function tell(llm, messages, tools) {
  const last = messages.at(-1)
  if (last?.role === 'user') show(`${dim('you')}    ${textOf(last.content)}\n`)
  const stream = llm.chat({ messages, tools, stream: true })
  let part = ''
  const label = (/** @type {string} */ name) => {
    if (part === name) return
    show(`${part && '\n'}${dim(name.padEnd(6))} `)
    part = name
  }
  for await (const event of stream.events()) {
    if (event.type === 'reasoning-delta') {
      label('thinks')
      show(dim(event.text))
    } else if (event.type === 'text-delta') {
      label('says')
      show(event.text)
    } else if (event.type === 'tool-call') {
      label('calls')
      show(`${event.toolCall.name}(${event.toolCall.argumentsText})`)
    } else if (event.type === 'usage') {
      const { promptTokens, completionTokens, totalTokens } = event.usage
      label('usage')
      show(dim(`${promptTokens} + ${completionTokens} = ${totalTokens} tokens`))
    }
  }
  show('\n')
  return stream.result()
}
