/** Checks keys in Durable Objects at /objects, and in Workers KV with counters in Durable Objects at /kv. */
import { keysInDurableObjects, keysInWorkersKV } from 'chatwire/gateway'
import { checkKeyStore } from './check-key-store.mjs'

export { KeyObject } from 'chatwire/gateway'

export default {
  /**
   * @param {Request} request
   * @param {{ KEYS: any, KV: any }} env
   */
  async fetch(request, { KEYS, KV }) {
    const objects = keysInDurableObjects(KEYS)
    const isKV = new URL(request.url).pathname === '/kv'
    try {
      return Response.json(await checkKeyStore(isKV ? keysInWorkersKV(KV, objects) : objects))
    } catch (error) {
      return new Response(String(error), { status: 500 })
    }
  },
}
