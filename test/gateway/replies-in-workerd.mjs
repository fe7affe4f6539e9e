/** Checks replies in Durable Objects at /objects, and in Workers KV at /kv. */
import { repliesInDurableObjects, repliesInWorkersKV } from 'chatwire/server'
import { checkReplyStore } from './check-reply-store.mjs'

export { ReplyObject } from 'chatwire/server'

export default {
  /**
   * @param {Request} request
   * @param {{ REPLIES: any, KV: any }} env
   */
  async fetch(request, { REPLIES, KV }) {
    const isKV = new URL(request.url).pathname === '/kv'
    const store = isKV ? repliesInWorkersKV(KV) : repliesInDurableObjects(REPLIES)
    try {
      return Response.json(await checkReplyStore(store))
    } catch (error) {
      return new Response(String(error), { status: 500 })
    }
  },
}
