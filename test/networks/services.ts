/**
 * The gateway and the relay, each with one slow model.
 */
import type { RequestListener } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { BaseChatModel } from 'chatwire'
import { createGateway, createRelay } from 'chatwire/gateway'
import { simulate } from 'chatwire/testing'
import { toListener } from '../../examples/node-server/listener.mjs'
import type { Fault } from './cells.ts'
import { TEXT } from './cells.ts'
import type { Seen } from './vendor.ts'

/** Silence of the model before its first and after its first piece, in milliseconds. */
const SILENCE = 1500
/** Silence after which the gateway sends a comment, in milliseconds. */
const PING = 250
/** Time that the model of a leaving client takes, in milliseconds. */
const LONG = 5000

/** @param seen receives how often the model is asked, and when it is stopped */
export function createService(
  kind: 'gateway' | 'relay',
  fault: Fault,
  seen: Seen,
): { listener: RequestListener } {
  const handler =
    kind === 'gateway'
      ? createGateway({
          models: { slow: new SlowModel(fault, seen) },
          authorize: 'public',
          pingInterval: PING,
        })
      : createRelay({
          servers: { dashscope: { apiKey: 'sk-test-key' } },
          authorize: 'public',
          // Pages ask from the proxy's origin, which differs from the one that arrives here.
          trustProxy: true,
          fetch: (url, init) => forward(url, init, fault, seen),
        })
  return { listener: toListener(handler) }
}

class SlowModel extends BaseChatModel {
  #fault: Fault
  #seen: Seen

  constructor(fault: Fault, seen: Seen) {
    super({ model: 'slow' })
    this.#fault = fault
    this.#seen = seen
  }

  protected async *_chatStream(_messages: unknown, { signal }: { signal: AbortSignal }) {
    this.#seen.asked++
    const wait = watch(signal, this.#seen)
    await wait(SILENCE / 2)
    yield TEXT.slice(0, 10)
    await wait(this.#fault === 'leaving' ? LONG : SILENCE)
    yield TEXT.slice(10)
  }
}

async function forward(
  url: string,
  init: RequestInit,
  fault: Fault,
  seen: Seen,
): Promise<Response> {
  seen.asked++
  const wait = watch(init.signal as AbortSignal, seen)
  await wait(SILENCE / 2)
  const delayMs = fault === 'leaving' ? 100 : 0
  return simulate('dashscope', { text: TEXT, chunkSize: 8, delayMs })(url, init)
}

/** Returns a wait that records when it is stopped. */
function watch(signal: AbortSignal, seen: Seen): (ms: number) => Promise<void> {
  const began = Date.now()
  signal.addEventListener('abort', () => (seen.stoppedAfter ??= Date.now() - began))
  return (ms) => pause(ms, undefined, { signal })
}
