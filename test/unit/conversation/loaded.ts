/**
 * Loads in advance what a conversation loads with its first reply: fake timers run on while code loads.
 */
import { loaded as chat } from '../loaded.ts'

/** The modules. */
export const loaded: unknown[] = await Promise.all([
  ...chat,
  import('../../../src/conversation/actions.ts'),
  import('../../../src/conversation/page-tools.ts'),
  import('../../../src/conversation/remote.ts'),
  import('../../../src/conversation/run-reply.ts'),
  import('../../../src/conversation/saver.ts'),
  import('../../../src/conversation/tool-calls.ts'),
])
