/**
 * For the server of a page: reads the requests of other SDKs' pages, and serves replies that resume.
 * @module chatwire/server
 */
export type { AGUIRequest, FromRunAgentInputOptions } from './server/from-run-agent-input.ts'
export { fromRunAgentInput } from './server/from-run-agent-input.ts'
export type { FromUIMessagesOptions } from './server/from-ui-messages.ts'
export { fromUIMessages } from './server/from-ui-messages.ts'
export type { ReplyStore, ResumableOptions, ResumeOptions } from './server/resume-response.ts'
export { resumeResponse } from './server/resume-response.ts'
export type { DenoKvList } from './server/reply-stores/deno-kv.ts'
export { repliesInDenoKv } from './server/reply-stores/deno-kv.ts'
export type { ReplyObjectState } from './server/reply-stores/durable-objects.ts'
export { repliesInDurableObjects, ReplyObject } from './server/reply-stores/durable-objects.ts'
export { repliesInMemory } from './server/reply-stores/memory.ts'
export { repliesInRedis } from './server/reply-stores/redis.ts'
export { repliesInWorkersKV } from './server/reply-stores/workers-kv.ts'
