/**
 * Loads in advance what loads with the first call: fake timers run on while code loads.
 */
/** The modules. */
export const loaded: unknown[] = await Promise.all([
  import('../../src/chat/chat-run.ts'),
  import('../../src/chat/inline-media/inline-message.ts'),
  import('../../src/failover/ask-in-turn.ts'),
  import('../../src/providers/openai/chat.ts'),
  import('../../src/providers/engine/generate.ts'),
  import('../../src/providers/engine/errors.ts'),
  import('../../src/stream/event-response/encode-events.ts'),
  import('../../src/stream/read-response.ts'),
])
