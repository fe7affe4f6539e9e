/**
 * Keeps the connection of a stream of events alive.
 */
import { PingReader } from '../../async/ping-reader.ts'

const PING = [': ping\n\n']

/** Iterates over the frames, with a comment after each `interval` milliseconds in which there is none. */
export function withPings(
  frames: AsyncIterator<readonly string[]>,
  interval: number,
): AsyncIterator<readonly string[]> {
  const reader = new PingReader<IteratorResult<readonly string[]>>(
    (onValue, onError) => frames.next().then(onValue, onError),
    interval,
    { value: PING, done: false },
  )
  return {
    next: async () => {
      let isOver: boolean | undefined = true
      try {
        const result = await reader.read()
        isOver = result.done
        return result
      } finally {
        if (isOver) reader.stop()
      }
    },
    return: async () => {
      reader.stop()
      await frames.return?.()
      return { value: undefined, done: true }
    },
  }
}
