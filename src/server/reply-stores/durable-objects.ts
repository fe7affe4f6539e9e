/**
 * Replies in Durable Objects, one object a reply and one a chat.
 * @see https://developers.cloudflare.com/durable-objects/
 */
import { checkBinding, DURABLE_OBJECTS } from '../../edge/check-binding.ts'
import type { DurableObjectNamespace } from '../../gateway/key-stores/durable-objects.ts'
import type { ReplyStore } from '../../stream/reply-store.ts'

/** The state of a Durable Object, as far as replies need it. */
export interface ReplyObjectState {
  /** Its storage. */
  storage: {
    get: (key: string) => Promise<unknown>
    put: (entries: Record<string, unknown>) => Promise<unknown>
    list: (options: { prefix: string; start: string }) => Promise<Map<string, unknown>>
    setAlarm: (time: number) => Promise<unknown>
    deleteAll: () => Promise<unknown>
  }
}

type Command =
  | { do: 'append'; index: number; text: string; expiresAt: number }
  | { do: 'read'; from: number; waitMs: number }
  | { do: 'set'; name: 'stop' | 'chat'; value: string; expiresAt: number }
  | { do: 'get'; name: 'chat' }

/** Keys sort as text. */
const keyOf = (index: number) => `text:${String(index).padStart(9, '0')}`

/**
 * The class of the objects. Export it from your Worker (`export { ReplyObject } from 'chatwire/server'`), and name it
 * in `durable_objects` of its configuration.
 */
export class ReplyObject {
  #storage: ReplyObjectState['storage']
  #listeners = new Set<() => void>()

  /** Called by the runtime. */
  constructor(state: ReplyObjectState) {
    this.#storage = state.storage
  }

  /** Called by `repliesInDurableObjects`. Objects cannot be reached from outside of the Worker. */
  async fetch(request: Request): Promise<Response> {
    const command = (await request.json()) as Command
    return Response.json((await this.#run(command)) ?? null)
  }

  /** Called by the runtime when the reply has expired. */
  async alarm(): Promise<void> {
    await this.#storage.deleteAll()
  }

  async #run(command: Command): Promise<unknown> {
    const storage = this.#storage
    switch (command.do) {
      case 'append': {
        const { index, text, expiresAt } = command
        if (index === 0) await storage.setAlarm(expiresAt)
        await storage.put({ [keyOf(index)]: text })
        for (const listener of this.#listeners) listener()
        return (await storage.get('stop')) !== undefined
      }
      case 'read': {
        const texts = await this.#read(command.from)
        if (texts.length > 0 || command.waitMs === 0) return texts
        await this.#change(command.waitMs)
        return await this.#read(command.from)
      }
      case 'set':
        await storage.setAlarm(command.expiresAt)
        return await storage.put({ [command.name]: command.value })
      case 'get':
        return await storage.get(command.name)
      default:
        return command satisfies never
    }
  }

  async #read(from: number): Promise<unknown[]> {
    const entries = await this.#storage.list({ prefix: 'text:', start: keyOf(from) })
    return [...entries.values()]
  }

  /** Resolves at the next write, or after `ms`. */
  #change(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const listeners = this.#listeners
      const timer = setTimeout(end, ms)
      function end(): void {
        clearTimeout(timer)
        listeners.delete(end)
        resolve()
      }
      listeners.add(end)
    })
  }
}

/**
 * Keeps replies in Durable Objects: pages anywhere read along at once, and stop a reply within a second or two.
 * @example repliesInDurableObjects(env.REPLIES)
 */
export function repliesInDurableObjects(namespace: DurableObjectNamespace): ReplyStore {
  checkBinding('repliesInDurableObjects() takes', DURABLE_OBJECTS, namespace, 'idFromName')
  const send = async (name: string, command: Command): Promise<unknown> => {
    const object = namespace.get(namespace.idFromName(name) as never)
    const init = { method: 'POST', body: JSON.stringify(command) }
    const response = await object.fetch('https://reply.invalid/', init)
    if (!response.ok)
      throw new Error(`The Durable Object of a reply responded with ${response.status}`)
    return response.json()
  }
  const nameOf = (chat: string) => `chat:${chat}`
  return {
    writeInterval: 250,
    append: async (id, index, text, expiresAt) =>
      (await send(id, { do: 'append', index, text, expiresAt })) as boolean,
    read: async (id, from, waitMs) => (await send(id, { do: 'read', from, waitMs })) as string[],
    stop: async (id, expiresAt) => send(id, { do: 'set', name: 'stop', value: '1', expiresAt }),
    setChat: async (chat, id, expiresAt) =>
      send(nameOf(chat), { do: 'set', name: 'chat', value: id, expiresAt }),
    getChat: async (chat) =>
      (await send(nameOf(chat), { do: 'get', name: 'chat' })) as string | null,
  }
}
