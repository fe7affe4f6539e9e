// A Worker for pages with `useChat` of the AI SDK: it reads and writes that SDK's own protocol.
// Run it: npm install && npx wrangler dev, and npm run dev for the page
import { getChatModel, isChatError } from 'chatwire'
import { fromUIMessages } from 'chatwire/server'

interface Env {
  OPENAI_API_KEY: string
  OPENAI_BASE_URL?: string
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    // Check here that the caller is a user of yours: every answer costs tokens.
    const llm = getChatModel({ modelServer: 'openai', model: 'gpt-5-mini', env })
    try {
      const messages = fromUIMessages(((await request.json()) as { messages: unknown }).messages)
      return llm.chat({ messages, stream: true }).toResponse({ format: 'ui-message' })
    } catch (error) {
      if (!isChatError(error)) throw error
      return new Response('Invalid messages', { status: 400 }) // before anything was sent
    }
  },
}
