import { afterEach, expect, test, vi } from 'vitest'
import type { ConversationState } from '../../../src/conversation.ts'
import { storeInIndexedDB, storeInLocalStorage } from '../../../src/conversation.ts'

const stateOf = (content: string): ConversationState => ({
  version: 1,
  turns: [{ id: 'm1', role: 'user', content }],
})

/** A database that answers as browsers do: a request first, its transaction later. */
function createIndexedDB() {
  const values = new Map<string, unknown>()
  const databases: FakeDatabase[] = []
  const state = { isFull: false }
  const request = (result: unknown) => {
    const made = Object.assign(new EventTarget(), { result })
    queueMicrotask(() => made.dispatchEvent(new Event('success')))
    return made
  }
  class FakeDatabase extends EventTarget {
    isClosed = false
    close() {
      this.isClosed = true
    }
    transaction() {
      if (this.isClosed) throw new DOMException('The connection is closed', 'InvalidStateError')
      const error = state.isFull ? new DOMException('Full', 'QuotaExceededError') : null
      const transaction = Object.assign(new EventTarget(), {
        error,
        objectStore: () => ({
          get: (key: string) => request(values.get(key)),
          put(value: unknown, key: string) {
            if (!error) values.set(key, value)
            const end = () => transaction.dispatchEvent(new Event(error ? 'abort' : 'complete'))
            setTimeout(end)
            return request(key)
          },
        }),
      })
      return transaction
    }
  }
  const open = () => {
    const database = new FakeDatabase()
    databases.push(database)
    return request(database)
  }
  vi.stubGlobal('indexedDB', { open })
  return { databases, state }
}

afterEach(() => vi.unstubAllGlobals())

test.each(['close', 'versionchange'])('opens the database again after %s', async (event) => {
  const { databases } = createIndexedDB()
  const storage = storeInIndexedDB()
  await storage.save('a', stateOf('one'))
  await storage.save('a', stateOf('two'))
  expect(databases).toHaveLength(1)
  if (event === 'close') databases[0]?.close()
  databases[0]?.dispatchEvent(new Event(event))
  expect(databases[0]?.isClosed).toBe(true)
  await storage.save('a', stateOf('three'))
  expect(await storage.load('a')).toEqual(stateOf('three'))
  expect(databases).toHaveLength(2)
})

test('a full disk is an error, although the request succeeded', async () => {
  const { state } = createIndexedDB()
  const storage = storeInIndexedDB()
  state.isFull = true
  await expect(storage.save('a', stateOf('one'))).rejects.toThrow('Full')
})

test.each([storeInIndexedDB, storeInLocalStorage])(
  '%o takes no name in place of options',
  (store) => {
    const message = expect.stringContaining(`${store.name}() takes { `)
    for (const options of [null, 'app'])
      expect(() => store(options as never)).toThrow(
        expect.objectContaining({ code: 'invalid_config', message }),
      )
  },
)
