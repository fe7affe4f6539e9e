// @ts-check
// An object instead of text: first as it is being written, then whole and validated.
// Run it: npm install chatwire && OPENAI_API_KEY=sk-… node main.mjs "A bag of apples for 3 euros"
// The schema may as well be one of valibot, zod or arktype: the object then has its type.
import process from 'node:process'
import { chatObject, getChatModel, OutputError } from 'chatwire'

const llm = getChatModel({
  model: process.env.MODEL ?? 'gpt-4.1-mini',
  modelServer: process.env.MODEL_SERVER ?? 'openai',
  baseURL: process.env.BASE_URL,
})

const stream = chatObject(llm, {
  prompt: `List what was bought: ${process.argv[2] ?? '2 lemons and a knife, 9 euros each'}`,
  schema: {
    type: 'object',
    properties: {
      items: { type: 'array', items: { type: 'string' } },
      total: { type: 'number', description: 'in euros' },
    },
    required: ['items', 'total'],
    additionalProperties: false, // closed, so that OpenAI guarantees it
  },
  stream: true,
})

try {
  // Always the same object, which grows: in React, `setState({ ...partial })`.
  for await (const partial of stream) console.log(JSON.stringify(partial))
  const { object, usage, attempts } = await stream.result()
  console.log('Paid', object.total, 'with', usage.totalTokens, 'tokens in', attempts.length)
} catch (error) {
  if (!(error instanceof OutputError)) throw error
  // Not valid, also after one repair turn.
  console.error(error.issues, error.text)
}
