/**
 * What a conversation does besides `send`: answers again, edits, continues, resumes, answers tool calls. Loaded at the
 * first use.
 */
import { inlineMedia } from '../chat/inline-media.ts'
import { ConfigError } from '../errors.ts'
import type { ContentPart, ContentPartInput } from '../message.ts'
import { toParts } from '../message.ts'
import { continueReply } from './continuation.ts'
import type { ActionContext } from './run.ts'
import { answerToolCall } from './tool-calls.ts'
import { invalidCall } from './tree.ts'
import type { ConversationInput, ToolAnswer } from './types.ts'

/** Answers a message again, by default the last one. */
export function retry({ tree, ask, start }: ActionContext, id?: string): Promise<void> {
  const turn = id === undefined ? tree.path().at(-1) : tree.get(id)
  if (turn?.role === 'user') return ask(turn)
  // A reply without content is no version worth keeping.
  if (turn?.parts?.length === 0) {
    tree.select(turn.id)
    return start(turn, ({ request }) => request())
  }
  if (turn?.role !== 'assistant' || turn.parent === undefined)
    throw invalidCall('There is no message to answer')
  return ask(tree.get(turn.parent))
}

/** Adds a version of a message. */
export async function edit(
  context: ActionContext,
  id: string,
  content: ConversationInput,
): Promise<void> {
  const { tree, ask, addTurn, check, demandIdle, update } = context
  const turn = tree.get(id)
  const checked = await check(content)
  demandIdle()
  if (context.tree !== tree) throw invalidCall('The conversation has changed: call again')
  const { role, parent } = turn
  if (role === 'user') return ask(addTurn(role, { parent, content: checked }))
  if (role === 'system') turn.content = checked
  else addTurn(role, { parent, parts: toParts(checked) })
  update(turn)
}

/** Answers a tool call that is `waiting`. */
export async function answerTool(
  { tree, options, start, update }: ActionContext,
  toolCallId: string,
  answer: ToolAnswer,
): Promise<void> {
  const turn = tree.path().at(-1)
  const isComplete = answerToolCall(turn, { toolCallId, answer }, options)
  if (turn && isComplete) return start(turn, () => {})
  if (turn) update(turn)
}

/** Continues a reply that was cut or stopped. */
export function continueLast({ tree, options, start }: ActionContext): Promise<void> {
  const turn = tree.path().at(-1)
  if (!turn || !(turn.stopped || turn.cut || turn.error))
    throw invalidCall('The last reply is complete: only a cut reply can be continued')
  const isResumable = turn.replyId !== undefined && options.url !== undefined
  return start(turn, (run) => (isResumable ? run.readOn() : continueReply(run, options)))
}

/** Reads on in a resumable reply; with an id, in that one. */
export function resume(
  { tree, options, addTurn, start }: ActionContext,
  replyId?: string,
): Promise<void> | void {
  if (options.url === undefined) throw invalidCall('Only a conversation with a `url` can resume')
  const last = tree.path().at(-1)
  const turn =
    replyId === undefined ? last : addTurn('assistant', { parent: last?.id, parts: [], replyId })
  if (turn?.replyId !== undefined) return start(turn, ({ readOn }) => readOn())
}

/** Returns the parts of a message with all bytes as text. */
export async function inlineContent(content: readonly ContentPartInput[]): Promise<ContentPart[]> {
  if (!Array.isArray(content))
    throw new ConfigError('invalid_messages', 'A message must be text or a list of parts')
  const [message] = await inlineMedia([{ role: 'user', content: [...content] }])
  return message?.content as ContentPart[]
}
