/**
 * Runs one generation at a time on engines that are stopped by a flag.
 */
import { untilAborted } from '../../async/abort.ts'
import type { Call } from '../../call.ts'
import type { Engine } from './types.ts'

/** The end of the last generation of each engine. */
const turns = /* @__PURE__ */ new WeakMap<Engine, Promise<void>>()

/**
 * Waits until an engine that is stopped by a flag (WebLLM's `interruptGenerate`) is idle. The flag applies to all
 * generations, so stopping one would cut another that is running or about to start.
 */
export async function takeTurn(engine: Engine, call: Call): Promise<() => void> {
  if (!engine.interruptGenerate) return () => {}
  const before = turns.get(engine)
  let release = () => {}
  const mine = new Promise<void>((resolve) => (release = resolve))
  turns.set(
    engine,
    Promise.resolve(before).then(() => mine),
  )
  if (!before) return release
  call.keepsTime = true // the generation before may take long
  try {
    await untilAborted(before, call.signal)
  } catch (reason) {
    release()
    throw reason
  }
  call.keepsTime = false
  call.sentAt = Date.now()
  return release
}
