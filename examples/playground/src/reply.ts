/**
 * Source of the replies of a chat: from its settings to a model, with the tools of this page.
 */
import type { ChatOptions, ChatStream, StreamEvent } from 'chatwire'
import type { ReplyRequest } from 'chatwire/conversation'
import type { Chat, ReplyFacts, Settings } from './chat.ts'
import { messagesOf } from './chat.ts'
import type { Host, Place } from './places.ts'
import { loadMarkdown } from './text-view.ts'

/** Most replies of the model to one question. */
const MAX_STEPS = 8

export interface ReplyContext {
  host: Host
  places: readonly Place[]
  language: () => string
  /** The facts of a reply have changed. */
  onFacts: (chat: Chat, replyId: string) => void
}

export async function askModel(
  chat: Chat,
  { messages, signal }: ReplyRequest,
  context: ReplyContext,
): Promise<ChatStream> {
  const { settings } = chat
  const id = messagesOf(chat).at(-1)?.id ?? ''
  const facts: ReplyFacts = { state: 'running', thinkingMs: [] }
  chat.facts[id] = facts
  const watch = new ReplyWatch(facts, () => context.onFacts(chat, id))
  const [{ createModel, createTools, runTools }] = await Promise.all([
    import('./later.ts'),
    loadMarkdown(),
  ])
  const place = context.places.find(({ id }) => id === settings.place)
  const llm = await createModel(settings, place, {
    host: context.host,
    onDownload: (progress) => watch.download(progress),
  })
  facts.model = llm.model
  const system = settings.system.trim()
  const run = runTools(llm, {
    ...optionsOf(settings),
    messages: system ? [{ role: 'system', content: system }, ...messages] : messages,
    tools: settings.tools && llm.supportFunctionCalling() ? createTools(context.language()) : [],
    maxSteps: MAX_STEPS,
    signal,
    stream: true,
  })
  return {
    events: () => watch.events(run.events()),
    cancel: (reason) => run.cancel(reason),
    get partial() {
      return run.partial
    },
  } satisfies Pick<ChatStream, 'cancel' | 'partial'> & { events: unknown } as unknown as ChatStream
}

/** Returns the options of a request. */
export function optionsOf({ temperature, topP, maxTokens, reasoning }: Settings): ChatOptions {
  return {
    temperature,
    topP,
    maxTokens,
    reasoning: reasoning === 'auto' ? undefined : reasoning === 'on',
  }
}

/** Takes the times of a reply. */
class ReplyWatch {
  #facts: ReplyFacts
  #onChange: () => void
  #began = performance.now()
  #thinkingSince: number | undefined

  constructor(facts: ReplyFacts, onChange: () => void) {
    this.#facts = facts
    this.#onChange = onChange
  }

  download(progress: number): void {
    this.#facts.download = progress
    this.#onChange()
  }

  async *events(events: AsyncIterable<StreamEvent>): AsyncGenerator<StreamEvent> {
    try {
      for await (const event of events) {
        // A reply that is continued goes on in the step that it broke off in.
        if (event.type === 'step' && this.#facts.firstTokenMs === undefined) continue
        this.#note(event)
        yield event
      }
    } finally {
      this.#endThinking()
      delete this.#facts.retry
      delete this.#facts.download
      this.#facts.tookMs = performance.now() - this.#began
    }
  }

  #note(event: StreamEvent): void {
    const facts = this.#facts
    if (event.type === 'retry') {
      facts.retry = { attempt: event.attempt, error: event.error }
      this.#onChange()
    }
    if (!event.type.endsWith('-delta')) return
    facts.firstTokenMs ??= performance.now() - this.#began
    delete facts.retry
    delete facts.download
    if (event.type === 'reasoning-delta') this.#thinkingSince ??= performance.now()
    else this.#endThinking()
  }

  #endThinking(): void {
    if (this.#thinkingSince === undefined) return
    this.#facts.thinkingMs.push(performance.now() - this.#thinkingSince)
    this.#thinkingSince = undefined
  }
}
