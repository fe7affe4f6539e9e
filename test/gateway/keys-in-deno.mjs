/** Checks keys in Deno's own KV; prints the result. */
import { keysInDenoKv } from 'chatwire/gateway'
import { checkKeyStore } from './check-key-store.mjs'

/** @type {any} */
const { Deno } = globalThis
const kv = await Deno.openKv(':memory:')
// oxlint-disable-next-line no-console -- what the test reads
console.log(JSON.stringify(await checkKeyStore(keysInDenoKv(kv))))
kv.close()
