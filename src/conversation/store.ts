/**
 * The store of a conversation: its state, its replies and its listeners.
 */
import { assertConfig } from '../assert-config.ts'
import { isAbort } from '../async/abort.ts'
import { ConfigError } from '../errors.ts'
import { isRecord } from '../is-record.ts'
import { loadPart } from '../load-part.ts'
import type { ContentPart } from '../message.ts'
import type * as actionsModule from './actions.ts'
import { closeCalls, endReply, toErrorInfo } from './end-reply.ts'
import { addMessages, toMessages } from './messages.ts'
import type { ActionContext, Reply, Run } from './run.ts'
import type { Saver } from './saver.ts'
import { createSnapshots } from './snapshots.ts'
import { createTree, invalidCall } from './tree.ts'
import type {
  Conversation,
  ConversationInput,
  ConversationOptions,
  ConversationTurn,
} from './types.ts'
import { reasonOf } from '../reason-of.ts'

type Actions = typeof actionsModule

/** The reply in progress. */
interface Current extends Reply {
  stop: () => void
}

/** Creates a conversation. A copy does not load the saved state, which it replaces. */
export function createStore(
  options: ConversationOptions,
  { isCopy = false }: { isCopy?: boolean } = {},
): Conversation {
  checkOptions(options)
  const { id: name = 'default', state, messages = [], storage, url, onError } = options
  const createFirst = () => addMessages(createTree(), messages)
  const createSaved = (saved: unknown) => createTree(saved, url !== undefined && !isCopy)
  let tree = state ? createSaved(state) : createFirst()
  let error: Error | undefined
  let loading = storage !== undefined && !isCopy
  let loaded: Promise<void> | undefined
  let current: Current | undefined
  let saver: Saver | undefined

  const snapshots = createSnapshots(() => {
    const status = current
      ? current.isStreaming
        ? 'streaming'
        : 'submitted'
      : error
        ? 'error'
        : 'idle'
    return { tree, status, error, loading }
  }, options)
  const first = snapshots.current
  if (isCopy) void load()

  /** Shows and saves a change at once. */
  function update(turn?: ConversationTurn): void {
    snapshots.now(turn)
    saver?.now()
  }

  function setError(thrown: unknown): Error {
    return (error = thrown instanceof Error ? thrown : new Error(reasonOf(thrown)))
  }

  /** Demands that no reply is running and returns the last message. A saved reply that was not resumed ends. */
  function demandIdle(): ConversationTurn | undefined {
    if (current) throw invalidCall('A reply is running: await or stop it')
    const last = tree.path().at(-1)
    if (last?.pending) {
      endReply(last)
      snapshots.touch(last)
    }
    return last
  }

  /** Loads an action. It needs the saved state, no reply in progress, and none that came meanwhile. */
  const later =
    (name: keyof Actions) =>
    async (...args: unknown[]): Promise<void> => {
      if (loading) await load()
      const last = demandIdle()
      const actions = await loadActions()
      if (demandIdle() !== last) throw invalidCall('The conversation has changed: call again')
      await (actions[name] as (...all: unknown[]) => unknown)(context, ...args)
    }
  const resume = later('resume')

  /** Adds a reply to a message. */
  function ask({ id }: ConversationTurn): Promise<void> {
    return start(addTurn('assistant', { parent: id, parts: [] }), ({ request }) => request())
  }

  function addTurn(
    role: ConversationTurn['role'],
    turn: Omit<ConversationTurn, 'id' | 'role'>,
  ): ConversationTurn {
    return tree.add({ role, createdAt: Date.now(), ...turn })
  }

  /** Runs a reply, whose tool calls are answered after `begin`, and resolves when it has ended. */
  function start(turn: ConversationTurn, begin: (run: Run) => unknown): Promise<void> {
    const controller = new AbortController()
    let end = ignore
    const settle = () => {
      if (!reply.isCurrent()) return
      current = undefined
      endReply(turn)
      update(turn)
      end()
    }
    const reply: Current = {
      ended: new Promise<void>((resolve) => (end = resolve)),
      stop() {
        turn.stopped = true
        const { replyId } = turn
        if (replyId !== undefined)
          loadReplies()
            .then(({ cancelReply }) => cancelReply(options, replyId))
            .catch(ignore)
        turn.replyId = undefined
        settle()
        controller.abort()
      },
      turn,
      signal: controller.signal,
      isStreaming: false,
      isCurrent: () => current === reply,
    }
    current = reply
    error = turn.stopped = turn.cut = turn.error = undefined
    turn.pending = true
    update(turn)
    loadReplies()
      .then(({ runReply }) => runReply(reply, begin, context))
      .then(settle, (thrown: unknown) => {
        if (!reply.isCurrent()) return
        // Another page has stopped the reply, or the app's own code has.
        if (isAbort(thrown)) turn.stopped = true
        else turn.error = toErrorInfo(setError(thrown))
        settle()
        if (!turn.error) return
        controller.abort(thrown) // ends tools that still run
        onError?.(thrown)
      })
    return reply.ended
  }

  async function loadState(): Promise<void> {
    if (storage) {
      const initial = tree
      try {
        const { createSaver } = await loadPart(() => import('./saver.ts'))
        const saved = isCopy ? undefined : await storage.load(name)
        const isCleared = tree !== initial
        if (saved && !isCleared) tree = createSaved(saved)
        saver = createSaver(name, options, () => tree.toJSON())
        if (isCopy || isCleared) saver.now()
      } catch (thrown) {
        setError(thrown)
        onError?.(thrown)
      }
      loading = false
    }
    const turn = tree.path().at(-1)
    if (turn?.replyId !== undefined && url !== undefined && !current)
      void start(turn, ({ readOn }) => readOn())
    snapshots.now()
    loadReplies().catch(ignore) // before the first message is sent
  }

  function load(): Promise<void> {
    return (loaded ??= loadState())
  }

  function stop(): void {
    current?.stop()
  }

  const context: ActionContext = {
    get tree() {
      return tree
    },
    get saver() {
      return saver
    },
    options,
    snapshots,
    demandIdle,
    check,
    addTurn,
    ask,
    start,
    update,
  }

  return {
    id: name,
    load,
    stop,
    getSnapshot: () => snapshots.current,
    getServerSnapshot: () => (typeof document === 'undefined' ? snapshots.current : first),
    toMessages: () => toMessages(tree.path()),
    toJSON: () => tree.toJSON(),

    subscribe(listener) {
      const unsubscribe = snapshots.subscribe(listener)
      void load()
      return unsubscribe
    },

    async send(content) {
      if (loading) await load()
      const checked = check(content)
      // Text is shown at once.
      const added = typeof checked === 'string' ? checked : await checked
      const last = demandIdle()
      if (last) {
        closeCalls(last, ['waiting'], 'denied')
        endReply(last)
        snapshots.touch(last)
      }
      return ask(addTurn('user', { parent: last?.id, content: added }))
    },

    retry: later('retry'),
    edit: later('edit'),
    answerTool: later('answerTool'),
    continue: later('continueLast'),
    select(id, index) {
      const versions = tree.versions(tree.get(id))
      const selected = index === undefined ? id : versions[index]
      if (selected === undefined) throw invalidCall(`"${id}" has ${versions.length} versions`)
      tree.select(selected)
      update()
    },

    branch(until, { id = `${name}-${Math.random().toString(36).slice(2)}` } = {}) {
      const path = tree.path(until === undefined ? undefined : tree.get(until))
      // A running reply stays with the original, whose server it would otherwise end.
      const turns = path.map((turn) => ({ ...turn, replyId: undefined }))
      return createStore({ ...options, id, state: { version: 1, turns } }, { isCopy: true })
    },

    async resume(replyId) {
      if (loading) await load()
      return current && replyId === undefined ? current.ended : resume(replyId)
    },

    clear() {
      stop()
      tree = createFirst()
      error = undefined
      update()
    },
  }
}

const ignore = () => {}
const loadActions = () => loadPart(() => import('./actions.ts'))
const loadReplies = () => loadPart(() => import('./run-reply.ts'))

/** Not checked as the options of a model are: a page that reads a server's events has none of that code. */
const OPTIONS: Record<keyof ConversationOptions, 1> = {
  model: 1,
  url: 1,
  reply: 1,
  id: 1,
  messages: 1,
  state: 1,
  storage: 1,
  defaults: 1,
  tools: 1,
  needsApproval: 1,
  maxSteps: 1,
  toolTimeout: 1,
  body: 1,
  headers: 1,
  fetch: 1,
  schedule: 1,
  onError: 1,
}

/** @throws {ConfigError} `invalid_config` for an unknown option, or unless there is exactly one source */
function checkOptions(options: Partial<ConversationOptions> | undefined): void {
  const all = options ?? {}
  assertConfig(isRecord(all), 'options must be an object')
  const { model, url, reply, messages = [] } = all as Partial<ConversationOptions>
  for (const [name, value] of Object.entries(all))
    assertConfig(
      Object.hasOwn(OPTIONS, name) || value === undefined,
      `options.${name} is not a known member`,
    )
  assertConfig(
    Array.isArray(messages) && messages.every(isRecord),
    'options.messages must be a list of messages',
  )
  const given = [model, url, reply].filter((each) => each !== undefined)
  const isValid =
    [typeof model?.chat, typeof reply].includes('function') ||
    typeof url === 'string' ||
    url instanceof URL
  assertConfig(
    given.length === 1 && isValid,
    'createConversation takes one of model (from getChatModel), url, reply (a function)',
  )
}

/** @throws {ConfigError} `invalid_messages` */
function check(content: ConversationInput): string | Promise<ContentPart[]> {
  if (!content?.length)
    throw new ConfigError(
      'invalid_messages',
      'A message is a text or a list of parts, and not empty',
    )
  return typeof content === 'string'
    ? content
    : loadActions().then(({ inlineContent }) => inlineContent(content))
}
