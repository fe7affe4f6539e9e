// The server of the chat pages in this folder's neighbors: replies that go on after a reload or a lost connection.
// Run it: npm install && OPENAI_API_KEY=… bun server.ts
// OPENAI_BASE_URL names another server that speaks the OpenAI format.
import { getChatModel, isChatError } from 'chatwire'
import { repliesInMemory, resumeResponse } from 'chatwire/server'

const store = repliesInMemory()

async function answer(request: Request): Promise<Response> {
  // Check here that the caller is a user of yours: every answer costs tokens.
  if (request.method !== 'POST') return await resumeResponse(request, { store })
  const llm = getChatModel({ modelServer: 'openai', model: 'gpt-5-mini' })
  const { messages } = (await request.json()) as { messages: [] }
  try {
    return llm.chat({ messages, stream: true }).toResponse({ resumable: { store } })
  } catch (error) {
    if (!isChatError(error)) throw error
    return new Response('Invalid messages', { status: 400 }) // before anything was sent
  }
}

export default { port: 3000, fetch: answer }
