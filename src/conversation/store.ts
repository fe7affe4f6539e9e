/**
 * The store of a conversation: its state, its replies and its listeners.
 */
import { isAbort } from '../async/abort.ts'
import { ConfigError, ToolError } from '../errors.ts'
import type { ContentPart, Message } from '../message.ts'
import { dropWaitingCalls, endReply, toError, toErrorInfo } from './end-reply.ts'
import { applyEvent, countSteps, hasCalls, setFields, stepStart, updateCall } from './fold.ts'
import { addMessages, fieldsOf, inlineContent, isToolCall, toMessages } from './messages.ts'
import { Saver } from './saver.ts'
import type { Opened, Source } from './source.ts'
import { createSource } from './create-source.ts'
import { invalidCall, Tree } from './tree.ts'
import type {
  Conversation,
  ConversationInput,
  ConversationListener,
  ConversationOptions,
  ConversationSnapshot,
  ConversationTurn,
  MessagePart,
  ToolAnswer,
} from './types.ts'
import { Updates } from './updates.ts'
import { Views } from './view.ts'

/** A reply in progress. */
interface Run {
  turn: ConversationTurn
  controller: AbortController
  ended: Promise<void>
  end: () => void
}

/** Implements `Conversation`. */
export class Store implements Conversation {
  readonly id: string
  #options: ConversationOptions
  #source: Source
  #tree: Tree
  #views = new Views()
  #updates: Updates
  #first: ConversationSnapshot
  #status: ConversationSnapshot['status'] = 'idle'
  #error: Error | undefined
  #loading: boolean
  #loaded: Promise<void> | undefined
  #saver: Saver
  #run: Run | undefined

  constructor(options: ConversationOptions) {
    this.#options = options
    this.#source = createSource(options)
    this.id = options.id ?? 'default'
    this.#loading = options.storage !== undefined
    this.#tree = options.state ? Tree.from(options.state) : this.#createTree()
    this.#saver = new Saver(this.id, options, this.toJSON)
    this.#first = this.#next()
    this.#updates = new Updates(this.#first, (last) => this.#next(last), options)
  }

  subscribe = (listener: ConversationListener): (() => void) => {
    const unsubscribe = this.#updates.subscribe(listener)
    void this.load()
    return unsubscribe
  }

  getSnapshot = (): ConversationSnapshot => this.#updates.snapshot

  getServerSnapshot = (): ConversationSnapshot =>
    typeof document === 'undefined' ? this.#updates.snapshot : this.#first

  send = async (content: ConversationInput): Promise<void> => {
    if (this.#loading) await this.load()
    const checked = this.#check(content)
    return this.#addAndAsk(typeof checked === 'string' ? checked : await checked)
  }

  stop = (): void => {
    const run = this.#run
    if (!run) return
    const { turn, controller } = run
    turn.stopped = true
    this.#source.cancel?.(turn)
    turn.replyId = undefined
    this.#settle(run)
    controller.abort(new DOMException('The reply was stopped', 'AbortError'))
  }

  retry = async (id?: string): Promise<void> => {
    if (this.#loading) await this.load()
    this.#demandIdle()
    const path = this.#tree.path()
    const turn = id === undefined ? path.at(-1) : this.#tree.get(id)
    if (!turn || turn.role === 'system') throw invalidCall('There is no message to answer')
    if (turn.role === 'user') return this.#ask(turn)
    // A reply without content is no version worth keeping.
    if (turn.parts?.length === 0) {
      this.#tree.select(turn.id)
      return this.#start(turn, (run) => this.#request(run))
    }
    if (turn.parent === undefined) throw invalidCall('There is no message to answer')
    return this.#ask(this.#tree.get(turn.parent))
  }

  edit = async (id: string, content: ConversationInput): Promise<void> => {
    if (this.#loading) await this.load()
    const turn = this.#tree.get(id)
    const checked = await this.#check(content)
    const { role, parent } = turn
    if (role === 'user')
      return this.#ask(this.#tree.add({ parent, role, content: checked, ...now() }))
    if (role === 'system') turn.content = checked
    else {
      const parts: MessagePart[] =
        typeof checked === 'string' ? [{ type: 'text', text: checked }] : checked
      this.#tree.add({ parent, role, parts, ...now() })
    }
    this.#update(turn)
  }

  select = (id: string, index?: number): void => {
    const versions = this.#tree.versions(this.#tree.get(id))
    const selected = index === undefined ? id : versions[index]
    if (selected === undefined)
      throw invalidCall(`The message "${id}" has ${versions.length} versions, from index 0`)
    this.#tree.select(selected)
    this.#update()
  }

  branch = (until?: string, { id }: { id?: string | undefined } = {}): Conversation => {
    const path = this.#tree.path(until === undefined ? undefined : this.#tree.get(until))
    const turns = structuredClone(path)
    for (const turn of turns) endReply(turn)
    const copy = new Store({
      ...this.#options,
      id: id ?? `${this.id}-${Math.random().toString(36).slice(2, 10)}`,
      state: { version: 1, turns },
    })
    copy.#loading = false
    copy.#saver.isReady = true
    copy.#update()
    return copy
  }

  answerTool = async (toolCallId: string, answer: ToolAnswer): Promise<void> => {
    if (this.#loading) await this.load()
    this.#demandIdle()
    const turn = this.#tree.path().at(-1)
    const parts = turn?.parts ?? []
    const call = parts
      .filter(isToolCall)
      .find(({ id, state }) => id === toolCallId && state === 'waiting')
    if (!turn || !call) throw invalidCall(`No tool call "${toolCallId}" is waiting for an answer`)
    const { toAnswered } = await import('./tool-calls.ts')
    this.#demandIdle()
    updateCall(parts, toolCallId, toAnswered(call, answer, this.#options))
    if (parts.some((part) => isToolCall(part) && part.state === 'waiting'))
      return this.#update(turn)
    return this.#start(turn, async () => {})
  }

  continue = async (): Promise<void> => {
    if (this.#loading) await this.load()
    this.#demandIdle()
    const turn = this.#tree.path().at(-1)
    if (!turn || !(turn.stopped || turn.cut || turn.error))
      throw invalidCall('The last reply is complete: only a cut reply can be continued')
    if (turn.replyId !== undefined) return this.resume()
    return this.#start(turn, async (run) => {
      const parts = (turn.parts ??= [])
      const isInText = parts.at(-1)?.type === 'text'
      // Reasoning and tool calls cannot be continued.
      if (!isInText) parts.length = stepStart(parts)
      if (!isInText) return this.#request(run)
      const { CONTINUE_PROMPT, joinContinuation } = await import('./continue-reply.ts')
      const opened = await this.#open(run, [{ role: 'user', content: CONTINUE_PROMPT }])
      await this.#read(run, { ...opened, events: joinContinuation(turn, opened.events) })
    })
  }

  resume = async (replyId?: string): Promise<void> => {
    if (this.#loading) await this.load()
    if (this.#run && replyId === undefined) return this.#run.ended
    this.#demandIdle()
    if (!this.#source.resume) throw invalidCall('Only a conversation with a `url` can resume')
    let turn = this.#tree.path().at(-1)
    if (replyId !== undefined) {
      const parent = turn?.id
      turn = this.#tree.add({ parent, role: 'assistant', parts: [], replyId, ...now() })
    }
    if (turn?.replyId === undefined) return
    return this.#start(turn, (run) => this.#readOn(run))
  }

  clear = (): void => {
    this.stop()
    this.#tree = this.#createTree()
    this.#status = 'idle'
    this.#error = undefined
    this.#update()
  }

  load = (): Promise<void> => (this.#loaded ??= this.#load())

  toMessages = (): Message[] => toMessages(this.#tree.path())

  toJSON = (): ReturnType<Conversation['toJSON']> => this.#tree.toJSON()

  #createTree(): Tree {
    const tree = new Tree()
    addMessages(tree, this.#options.messages ?? [])
    return tree
  }

  async #load(): Promise<void> {
    const { storage } = this.#options
    this.#source.prepare?.()
    if (storage) {
      try {
        const state = await storage.load(this.id)
        if (state) this.#tree = Tree.from(state)
        this.#saver.isReady = true
      } catch (error) {
        this.#status = 'error'
        this.#error = toError(error)
        this.#options.onError?.(error)
      }
      this.#loading = false
    }
    const turn = this.#tree.path().at(-1)
    if (turn?.replyId !== undefined && this.#source.resume && !this.#run)
      void this.#start(turn, (run) => this.#readOn(run))
    else if (turn?.pending && turn !== this.#run?.turn) endReply(turn)
    if (turn) this.#views.touch(turn)
    this.#updates.now()
  }

  /** @throws {ConfigError} `invalid_messages` */
  #check(content: ConversationInput): string | Promise<ContentPart[]> {
    this.#demandIdle()
    if (!content?.length || (typeof content !== 'string' && !Array.isArray(content)))
      throw new ConfigError('invalid_messages', 'A message must be text, or a list of parts')
    return typeof content === 'string' ? content : inlineContent(content)
  }

  /** Adds a message of the user below the last one. Shows it at once. */
  #addAndAsk(content: string | ContentPart[], before = this.#tree.path().at(-1)): Promise<void> {
    this.#demandIdle()
    if (before) {
      dropWaitingCalls(before)
      this.#views.touch(before)
    }
    return this.#ask(this.#tree.add({ parent: before?.id, role: 'user', content, ...now() }))
  }

  #demandIdle(): void {
    if (this.#run) throw invalidCall('A reply is running: await it, or call stop() first')
  }

  /** Adds a reply to a message. */
  #ask({ id }: ConversationTurn): Promise<void> {
    this.#demandIdle()
    const turn = this.#tree.add({ parent: id, role: 'assistant', parts: [], ...now() })
    return this.#start(turn, (run) => this.#request(run))
  }

  /** Runs a reply, whose tool calls are answered after `begin`, and resolves when it has ended. */
  #start(turn: ConversationTurn, begin: (run: Run) => Promise<void>): Promise<void> {
    this.#demandIdle()
    let end = () => {}
    const ended = new Promise<void>((resolve) => (end = resolve))
    const run = { turn, controller: new AbortController(), ended, end }
    this.#run = run
    this.#status = 'submitted'
    this.#error = undefined
    turn.pending = true
    turn.stopped = turn.cut = turn.error = undefined
    this.#update(turn)
    this.#generate(run, begin).then(
      () => this.#settle(run),
      (error: unknown) => {
        // Another page has stopped the reply, or the app's own code has.
        if (!isAbort(error)) return this.#settle(run, { error })
        if (this.#run === run) turn.stopped = true
        this.#settle(run)
      },
    )
    return ended
  }

  async #generate(run: Run, begin: (run: Run) => Promise<void>): Promise<void> {
    const { maxSteps = 10 } = this.#options
    await begin(run)
    for (let step = 1; this.#run === run && (await this.#answerCalls(run)); step++) {
      if (step >= maxSteps) {
        const problem = `The model still calls tools in step ${maxSteps} (raise \`maxSteps\`)`
        throw new ToolError('too_many_steps', problem)
      }
      await this.#request(run)
    }
  }

  async #request(run: Run): Promise<void> {
    applyEvent(run.turn, { type: 'step', step: 0 }, { called: 'running' })
    await this.#read(run, await this.#open(run))
  }

  #open({ turn, controller: { signal } }: Run, more: Message[] = []): Opened | Promise<Opened> {
    const messages = [...toMessages(this.#tree.path(turn)), ...more]
    return this.#source.open({ messages, signal, cursor: turn })
  }

  async #readOn(run: Run): Promise<void> {
    const { turn, controller } = run
    const opened = await this.#source.resume?.({ signal: controller.signal, cursor: turn })
    if (opened) await this.#read(run, opened)
  }

  async #read(run: Run, { events: batches, added }: Opened): Promise<void> {
    const { turn } = run
    const { model, tools } = this.#options
    const called = model && tools ? 'streaming' : 'running'
    const step = countSteps(turn.parts ?? [])
    let { replyId } = turn
    turn.finishReason = undefined
    for await (const batch of batches) {
      if (this.#run !== run) return
      for (const event of batch.events) applyEvent(turn, event, { called })
      turn.lastEventId = batch.id ?? turn.lastEventId
      if (batch.events.some(({ type }) => type !== 'retry')) this.#status = 'streaming'
      this.#views.touch(turn)
      this.#updates.soon()
      if (replyId === turn.replyId) this.#saver.soon()
      else this.#saver.now() // with the id a reload can go on
      replyId = turn.replyId
    }
    if (this.#run !== run) return
    turn.replyId = turn.lastEventId = undefined
    const replies = added?.()?.filter(({ role }) => role === 'assistant') ?? []
    replies.forEach((message, index) => {
      const fields = fieldsOf(message)
      if (fields) setFields(turn, step + index, fields)
    })
  }

  /** Runs the tool calls of the last step. Returns true if the model must be asked again. */
  async #answerCalls(run: Run): Promise<boolean> {
    const { turn } = run
    if (turn.finishReason !== 'tool_calls' || !hasCalls(turn)) return false
    const { planCalls } = await import('./tool-calls.ts')
    const { ready, isWaiting } = await planCalls(turn, this.#options)
    if (this.#run !== run) return false
    this.#update(turn)
    if (ready.length > 0) {
      const { runPageTools } = await import('./page-tools.ts')
      const { tools = [], toolTimeout = 300_000 } = this.#options
      const { signal } = run.controller
      const messages = this.toMessages()
      await runPageTools(ready, { tools, toolTimeout, signal, messages }, (event) => {
        if (this.#run !== run) return
        applyEvent(turn, event, { called: 'running' })
        this.#views.touch(turn)
        this.#updates.soon()
      })
    }
    return !isWaiting
  }

  #settle(run: Run, failure?: { error: unknown }): void {
    if (this.#run !== run) return
    this.#run = undefined
    const { turn, controller, end } = run
    endReply(turn)
    if (failure) {
      controller.abort(failure.error) // ends tools that still run
      this.#error = toError(failure.error)
      turn.error = toErrorInfo(this.#error)
      this.#options.onError?.(failure.error)
    }
    this.#status = failure ? 'error' : 'idle'
    this.#update(turn)
    end()
  }

  /** Shows and saves a change at once. */
  #update(turn?: ConversationTurn): void {
    if (turn) this.#views.touch(turn)
    this.#updates.now()
    this.#saver.now()
  }

  #next(last?: ConversationSnapshot): ConversationSnapshot {
    const state = { status: this.#status, error: this.#error, loading: this.#loading }
    return this.#views.next(last, this.#tree, state)
  }
}

const now = () => ({ createdAt: Date.now() })
