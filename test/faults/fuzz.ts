/** Shared by the fuzzers: a seeded generator, frames, and a budget of time. */

/** Run time of each fuzzer, in milliseconds. `FUZZ_SECONDS` sets it in seconds: a minute in CI. */
export const DURATION: number = Number(process.env.FUZZ_SECONDS ?? 20) * 1000
/** The same cases every time, unless `SEED` says otherwise. */
export const SEED: number = Number(process.env.SEED ?? 20_261_128)

export interface Random {
  /** A number from 0 to below `limit`. */
  below: (limit: number) => number
  chance: (share: number) => boolean
  pick: <T>(items: readonly T[]) => T
}

export function createRandom(seed: number): Random {
  let state = seed & 0x7fffffff
  const next = () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return state / 0x80000000
  }
  return {
    below: (limit) => Math.floor(next() * limit),
    chance: (share) => next() < share,
    pick: (items) => items[Math.floor(next() * items.length)] as (typeof items)[number],
  }
}

export const wait = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms)
  })

export function frame(delta: object, finish: string | null = null): string {
  const choices = [{ index: 0, delta, finish_reason: finish }]
  return `data: ${JSON.stringify({ id: 'x', model: 'm', choices })}\n\n`
}

export const DONE = 'data: [DONE]\n\n'
