/**
 * How a piece travels from the body to its reader in one tick.
 */

/**
 * `next()` with fewer promises: `give` gets the items, or `undefined` at the end, in the tick that brought them, and
 * what it returns is what the caller waits for; `fail` likewise gets what was thrown. One at a time.
 * A chain of three iterators cost a streamed chunk a quarter of what reading it costs at all (Node 20, `bench/`).
 */
export type Pull<Items> = <Result>(
  give: (items: Items | undefined) => Result,
  fail: (error: unknown) => Result,
) => Promise<Result>
