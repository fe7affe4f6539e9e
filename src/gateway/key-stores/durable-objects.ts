/**
 * Virtual keys in Durable Objects, one object a key.
 * @see https://developers.cloudflare.com/durable-objects/
 */
import { checkBinding, DURABLE_OBJECTS } from '../../edge/check-binding.ts'
import type { Counted, CounterChange, Counters, KeyCounters, KeyRecords } from './key-store.ts'
import { applyChanges } from './key-store.ts'

/** A namespace of Durable Objects, as far as it is used here. */
export interface DurableObjectNamespace {
  /** Returns the id of the object with a name. */
  idFromName: (name: string) => unknown
  /** Returns the object of an id. */
  get: (id: never) => { fetch: (url: string, init: RequestInit) => Promise<Response> }
}

/** The state of a Durable Object, as far as it is used here. */
export interface DurableObjectState {
  /** Its storage. */
  storage: {
    get: (key: string) => Promise<unknown>
    put: (key: string, value: unknown) => Promise<unknown>
    delete: (key: string) => Promise<unknown>
    deleteAll: () => Promise<unknown>
  }
}

type Command =
  | { do: 'get' }
  | { do: 'delete' }
  | { do: 'set'; value: string }
  | { do: 'count'; changes: readonly CounterChange[] }

/**
 * The class of the objects. Export it from your Worker (`export { KeyObject } from 'chatwire/gateway'`), and name it in
 * `durable_objects` of its configuration.
 */
export class KeyObject {
  #storage: DurableObjectState['storage']

  /** Called by the runtime. */
  constructor(state: DurableObjectState) {
    this.#storage = state.storage
  }

  /** Called by `keysInDurableObjects`. Objects cannot be reached from outside of the Worker. */
  async fetch(request: Request): Promise<Response> {
    const command = (await request.json()) as Command
    return Response.json((await this.#run(command)) ?? null)
  }

  async #run(command: Command): Promise<unknown> {
    const storage = this.#storage
    if (command.do === 'get') return storage.get('record')
    if (command.do === 'set') return storage.put('record', command.value)
    if (command.do === 'delete') return storage.deleteAll()
    // No other event runs between a read and a write of the storage: the object's input gate is closed.
    const counters = ((await storage.get('counters')) ?? {}) as Counters
    const counted = applyChanges(counters, command.changes)
    if (!counted.exceeded) await storage.put('counters', counters)
    return counted
  }
}

/**
 * Keeps keys in Durable Objects: limits and budgets are exact, wherever the requests arrive.
 * @example createKeys({ store: (env: Env) => keysInDurableObjects(env.KEYS) })
 */
export function keysInDurableObjects(namespace: DurableObjectNamespace): KeyRecords & KeyCounters {
  checkBinding('keysInDurableObjects() takes', DURABLE_OBJECTS, namespace, 'idFromName')
  const send = async (id: string, command: Command): Promise<unknown> => {
    const object = namespace.get(namespace.idFromName(id) as never)
    const init = { method: 'POST', body: JSON.stringify(command) }
    const response = await object.fetch('https://key.invalid/', init)
    if (!response.ok)
      throw new Error(`The Durable Object of a key responded with ${response.status}`)
    return response.json()
  }
  return {
    get: async (id) => (await send(id, { do: 'get' })) as string | null,
    set: async (id, value) => send(id, { do: 'set', value }),
    delete: async (id) => send(id, { do: 'delete' }),
    count: async (id, changes) => (await send(id, { do: 'count', changes })) as Counted,
  }
}
