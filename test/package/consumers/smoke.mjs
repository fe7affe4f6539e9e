// What a fresh install must do: chat with a simulated server, and call a tool.
import { getChatModel, runTools, tool } from 'chatwire'
import { simulate } from 'chatwire/testing'

const script = [{ toolCalls: [{ name: 'time', arguments: { zone: 'UTC' } }] }, 'It is noon.']
const fetch = simulate('dashscope', script)
const llm = getChatModel({ model: 'qwen-max', modelServer: 'dashscope', apiKey: 'sk-test', fetch })
const parameters = { type: 'object', properties: { zone: { type: 'string' } }, required: ['zone'] }
const time = tool({ name: 'time', parameters, execute: () => '12:00' })
const stream = runTools(llm, { prompt: 'What time is it?', tools: [time], stream: true })
let answer = ''
for await (const text of stream) answer += text
console.log(answer)
