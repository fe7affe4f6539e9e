/** Checks replies in Deno's own KV; prints the result. */
import { repliesInDenoKv } from 'chatwire/server'
import { checkReplyStore } from './check-reply-store.mjs'

/** @type {any} */
const { Deno } = globalThis
const kv = await Deno.openKv(':memory:')
// oxlint-disable-next-line no-console -- what the test reads
console.log(JSON.stringify(await checkReplyStore(repliesInDenoKv(kv))))
kv.close()
