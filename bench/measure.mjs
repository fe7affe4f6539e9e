/**
 * Contenders in turn. The machine is never quiet, so only ratios within a round count: every contender runs in every
 * round, each time from another place in the row, and the result is the median over the rounds and between what
 * the middle half of them lies. Each has a process of its own, so that none pays for another's garbage, nor for
 * code that was compiled for another's objects.
 */
import { execFileSync, fork } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** `npm run bench -- --quick`: fewer rounds, wider spread. */
const isQuick = process.env.BENCH_QUICK === '1'
const CONTENDER = fileURLToPath(new URL('contender.mjs', import.meta.url))

/**
 * @typedef {object} Entrant
 * @property {string} name how it is called in the table
 * @property {object} task the task sent to its process, see `contender.mjs`
 * @property {string} [node] the Node that runs it, by default this one
 * @property {NodeJS.ProcessEnv} [env]
 * @typedef {{ median: number, low: number, high: number }} Spread
 */

/**
 * @param {Entrant[]} entrants the first is what the others are measured by
 * @param {{ rounds: number, warmUps?: number, starts?: number, isClock?: boolean }} options rounds of each start, with
 *   processes of its own; `isClock` if the tasks give wall-clock times, for which the engine's helpers need a core of their own
 * @returns {Promise<{ name: string, value: Spread, ratio: Spread }[]>} what the tasks gave, and in how many times
 *   what the first gave in the same round
 */
export async function inTurn(entrants, { rounds, warmUps = 3, starts = 1, isClock = false }) {
  const samples = entrants.map(() => [])
  const count = isQuick ? Math.ceil(rounds / 4) : rounds
  for (let begun = 0; begun < starts; begun++) {
    const processes = entrants.map((one) => start({ ...one, oneCore: !isClock }))
    try {
      for (let round = -warmUps; round < count; round++) {
        for (const place of entrants.keys()) {
          const index = (place + round + warmUps) % entrants.length
          const sample = await processes[index].ask(entrants[index].task)
          if (round >= 0) samples[index].push(sample)
        }
      }
    } finally {
      for (const one of processes) one.stop()
    }
  }
  return entrants.map(({ name }, index) => ({
    name,
    value: spread(samples[index]),
    ratio: spread(samples[index].map((sample, round) => sample / samples[0][round])),
  }))
}

/** Starts a process that runs one task at a time and returns a number or an object for each. */
export function start({ node = process.execPath, env, oneCore = false } = {}) {
  const child = fork(CONTENDER, {
    execPath: node,
    execArgv: ['--expose-gc'],
    env: { ...process.env, ...env },
  })
  if (oneCore) stayOnOneCore(child.pid)
  return {
    ask: (task) =>
      new Promise((resolve, reject) => {
        child.removeAllListeners()
        child.once('exit', (code) => reject(new Error(`${JSON.stringify(task)} ended: ${code}`)))
        child.once('message', ({ error, value }) =>
          error ? reject(new Error(error)) : resolve(value),
        )
        child.send(task)
      }),
    stop() {
      child.removeAllListeners()
      child.kill()
    },
  }
}

/** Keeps contenders, which run one at a time, on one core if the system can: cores may differ in speed for minutes. */
function stayOnOneCore(pid) {
  try {
    execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', '0', String(pid)], {
      stdio: 'ignore',
    })
  } catch {
    // Linux only.
  }
}

/** Milliseconds of CPU, those of the engine's helpers included: what others do on the machine does not count. */
export function cpuTime() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** The CPU of all threads of another process, in milliseconds, as Linux tells it in nanoseconds. @param {number} pid */
export function cpuOf(pid) {
  const folder = `/proc/${pid}/task`
  const times = readdirSync(folder).map((thread) =>
    Number(readFileSync(`${folder}/${thread}/schedstat`, 'utf8').split(' ')[0]),
  )
  return times.reduce((sum, time) => sum + time, 0) / 1e6
}

/** @param {number[]} values @param {number} share from 0 to 1 */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (sorted.length - 1) * share
  const low = Math.floor(at)
  return sorted[low] + ((sorted[low + 1] ?? sorted[low]) - sorted[low]) * (at - low)
}

/** @param {number[]} values @returns {Spread} */
export function spread(values) {
  return {
    median: quantile(values, 0.5),
    low: quantile(values, 0.25),
    high: quantile(values, 0.75),
  }
}
