// The server of the page: replies that go on after a reload or a lost connection.
// OPENAI_BASE_URL names another server that speaks the OpenAI format.
import { getChatModel, isChatError } from 'chatwire'
import { repliesInMemory, resumeResponse } from 'chatwire/server'

const store = repliesInMemory() // of one process: see chatwire/server for Redis and others

export async function POST(request: Request): Promise<Response> {
  // Check here that the caller is a user of yours: every answer costs tokens.
  const llm = getChatModel({ modelServer: 'openai', model: 'gpt-5-mini' })
  const { messages } = (await request.json()) as { messages: [] }
  try {
    return llm.chat({ messages, stream: true }).toResponse({ resumable: { store } })
  } catch (error) {
    if (!isChatError(error)) throw error
    return new Response('Invalid messages', { status: 400 }) // before anything was sent
  }
}

export const GET = (request: Request): Promise<Response> => resumeResponse(request, { store })
export const DELETE = GET
