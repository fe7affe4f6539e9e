/**
 * Waits that end after a time.
 */

/**
 * Starts work at once and resolves as it does.
 * @param limit in milliseconds
 * @throws what the work throws, or the error of `toError` once the limit has passed
 */
export async function withLimit<T>(
  work: () => T | PromiseLike<T>,
  limit: number,
  toError: () => Error,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(toError()), limit)
  })
  try {
    return await Promise.race([work(), late])
  } finally {
    clearTimeout(timer)
  }
}
