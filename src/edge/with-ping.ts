/**
 * Keeps a silent stream alive.
 */
const SILENT: unique symbol = /* @__PURE__ */ Symbol('silent')

/**
 * Wraps a reader so that it returns `ping` whenever its next value takes longer than `interval` milliseconds.
 * Pings are created on demand: a reader that is not read creates none.
 */
export function withPing<T>(
  read: () => Promise<T>,
  interval: number | false,
  ping: T,
): () => Promise<T> {
  if (interval === false) return read
  let pending: Promise<T> | undefined
  return async () => {
    const value = (pending ??= read())
    let timer: ReturnType<typeof setTimeout> | undefined
    const silence = new Promise<typeof SILENT>((resolve) => {
      timer = setTimeout(resolve, interval, SILENT)
    })
    try {
      const first = await Promise.race([value, silence])
      if (first === SILENT) return ping // `value` is returned by the next read
      pending = undefined
      return first
    } catch (error) {
      pending = undefined
      throw error
    } finally {
      clearTimeout(timer)
    }
  }
}
