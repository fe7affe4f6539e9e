/**
 * Turns iterators into streams.
 */

/**
 * Turns an iterator into a cold stream that reads one piece at a time.
 * @param maskError returns the error that the body fails with
 */
export function toReadableStream<T, Out>(
  iterator: AsyncIterator<T>,
  encode: (value: T) => Out,
  maskError: (error: unknown) => unknown = itself,
): ReadableStream<Out> {
  return new ReadableStream<Out>(
    {
      async pull(controller) {
        try {
          const { value, done } = await iterator.next()
          if (done) controller.close()
          else controller.enqueue(encode(value))
        } catch (error) {
          controller.error(await maskError(error))
        }
      },
      async cancel() {
        await iterator.return?.()
      },
    },
    { highWaterMark: 0 },
  )
}

const itself = (error: unknown): unknown => error
