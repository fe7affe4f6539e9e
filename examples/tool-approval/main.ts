// A tool that asks before it acts: the model proposes, you decide. The refusal goes to the model as the result.
// Run it: npm install chatwire && DASHSCOPE_API_KEY=sk-… bun main.ts "Delete the file notes.txt"
//         (Deno, and Node from 22.18 on, run it too.)
import process from 'node:process'
import { createInterface } from 'node:readline/promises'
import { getChatModel, runTools, tool } from 'chatwire'

const terminal = createInterface({ input: process.stdin, output: process.stdout })
const deleteFile = tool({
  name: 'delete_file',
  description: 'Deletes a file of the user',
  parameters: {
    type: 'object',
    properties: { path: { type: 'string' } },
    required: ['path'],
  },
  execute: async ({ path }) => {
    const answer = await terminal.question(`Delete ${String(path)}? (yes/no) `)
    if (answer.trim() !== 'yes') throw new Error('The user said no')
    return `${String(path)} is deleted` // this example deletes nothing
  },
})
const llm = getChatModel({
  modelServer: 'dashscope',
  model: 'qwen-plus',
  baseURL: process.env.DASHSCOPE_BASE_URL,
})
const prompt = process.argv[2] ?? 'Delete the file notes.txt'
// People take their time: no limit for the tool.
const { text } = await runTools(llm, { prompt, tools: [deleteFile], toolTimeout: false })
console.log(text)
terminal.close()
