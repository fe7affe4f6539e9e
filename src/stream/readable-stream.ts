/**
 * Turns iterators into streams.
 */

/** Options of `toReadableStream`. */
interface StreamOptions<Out> {
  /** Encodes an error as the last piece, or throws the error that the body fails with. */
  encodeError?: (error: unknown) => Promise<Out>
  ping?: Out
  pingInterval?: number | false
}

/** Turns an iterator into a cold stream that reads one piece at a time. */
export function toReadableStream<T, Out>(
  iterator: AsyncIterator<T>,
  encode: (value: T) => Out,
  { encodeError, ping, pingInterval = false }: StreamOptions<Out> = {},
): ReadableStream<Out> {
  // Survives a pull that ended with a ping.
  let pending: Promise<IteratorResult<T>> | undefined
  return new ReadableStream<Out>(
    {
      async pull(controller) {
        try {
          pending ??= iterator.next()
          const result = pingInterval ? await within(pending, pingInterval) : await pending
          if (result === undefined) return controller.enqueue(ping as Out)
          pending = undefined
          if (result.done) controller.close()
          else controller.enqueue(encode(result.value))
        } catch (error) {
          await fail(controller, error)
        }
      },
      async cancel() {
        await iterator.return?.()
      },
    },
    { highWaterMark: 0 },
  )

  async function fail(
    controller: ReadableStreamDefaultController<Out>,
    error: unknown,
  ): Promise<void> {
    if (!encodeError) return controller.error(error)
    try {
      controller.enqueue(await encodeError(error))
      controller.close()
    } catch (masked) {
      controller.error(masked)
    }
  }
}

/** Resolves to `undefined` if the promise takes longer. */
async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
