/**
 * Asks for a reply, reads it and runs its tool calls. Loaded with the first reply.
 */
import { loadPart } from '../load-part.ts'
import type { Message } from '../message.ts'
import { createSource } from './create-source.ts'
import { applyEvent, RARE } from './fold.ts'
import { isToolCall, toMessages } from './messages.ts'
import type { ActionContext, Reply, Run } from './run.ts'
import type { Opened } from './source.ts'
import { toBatch } from './source.ts'
import { countSteps } from './steps.ts'
import type { ConversationOptions, ToolCallPart } from './types.ts'

/** Runs a reply, whose tool calls are answered after `begin`. */
export async function runReply(
  reply: Reply,
  begin: (run: Run) => unknown,
  context: ActionContext,
): Promise<void> {
  const { turn, isCurrent, signal } = reply
  if (!isCurrent()) return
  const { options, snapshots } = context
  const source = createSource(options)
  const run: Run = Object.assign(reply, {
    open(complete = (messages: Message[]) => messages) {
      const approved = (turn.parts ?? []).filter(isToolCall).filter(runsAtSource)
      const isOpen = (call: ToolCallPart) => approved.includes(call)
      const messages = complete(toMessages(context.tree.path(turn), isOpen))
      return source.open({ messages, approved: approved.map(({ id }) => id), signal, cursor: turn })
    },
    async request() {
      applyEvent(turn, { type: 'step', step: 0 })
      await run.read(await run.open())
    },
    async readOn() {
      if (source.resume) await run.read(await source.resume({ signal, cursor: turn }))
    },
    async read({ events: batches, added }: Opened) {
      const step = countSteps(turn.parts)
      let { replyId } = turn
      turn.finishReason = undefined
      for await (const batch of batches) {
        const { events, id } = toBatch(batch)
        const tools = events.some(({ type }) => RARE.test(type)) ? await loadTools() : undefined
        if (!isCurrent()) return
        for (const event of events) {
          applyEvent(turn, event)
          tools?.applyRareEvent(turn, event, options)
          if (event.type !== 'retry') reply.isStreaming = true
        }
        turn.lastEventId = id ?? turn.lastEventId
        snapshots.soon(turn)
        // With the id a reload can go on.
        context.saver?.[replyId === turn.replyId ? 'soon' : 'now']()
        replyId = turn.replyId
      }
      if (!isCurrent()) return
      reply.lastReplyId = turn.replyId
      turn.replyId = turn.lastEventId = undefined
      const messages = added?.()
      if (messages) (await loadTools()).setStepFields(turn, step, messages)
    },
  })
  await begin(run)
  if (isCurrent() && turn.finishReason === 'tool_calls')
    await (await loadTools()).runToolCalls(run, context)
}

/** True for an approved tool call that the source of the replies runs. */
function runsAtSource({ approved, state }: ToolCallPart): boolean {
  return approved === true && state === 'running'
}

/** Ends a resumable reply on its server. */
export async function cancelReply(options: ConversationOptions, replyId: string): Promise<void> {
  await createSource(options).cancel?.(replyId)
}

const loadTools = () => loadPart(() => import('./tool-calls.ts'))
