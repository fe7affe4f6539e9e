/** Programs that stand for themselves: run when they are there, and quoted. What they print for people is read here. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { HERE, ROOT } from './programs.mjs'

const run = promisify(execFile)

/** @returns {Promise<import('./result.mjs').Result | undefined>} nothing where the program is not there */
export async function runOther(file, read) {
  if (!existsSync(HERE + file)) return undefined
  // It may end with 1 to say that it missed its own target.
  const options = { cwd: ROOT, maxBuffer: 1e8 }
  const { stdout } = await run(process.execPath, [HERE + file], options).catch((error) => {
    if (!error.stdout) throw error
    return error
  })
  return { text: stdout.trimEnd(), ...read(stdout) }
}

/** Of its table: ` items chunks partials µs/chunk ratio naive`. */
export function readPartialObjects(text) {
  const last = [...text.matchAll(/^ *\d+ +\d+ +\d+ +[\d.]+ +([\d.]+) /gm)].at(-1)
  const what = 'partial objects: a chunk of the longest, × of the shortest'
  return {
    title: 'Partial objects',
    figures: last && [{ what, value: Number(last[1]), limit: 1.5 }],
  }
}

/** Of its first lines: `gateway: 58.5 ms (57.0-60.2), × bare 6.0 (5.8-6.3)`. */
export function readGateway(text) {
  const ratioOf = (name) => Number(new RegExp(`^${name}: .*× bare ([\\d.]+)`, 'm').exec(text)?.[1])
  const msOf = (name) => Number(new RegExp(`^${name}: ([\\d.]+) ms`, 'm').exec(text)?.[1])
  const ours = ratioOf('gateway')
  const script = ratioOf('pass-through by a script')
  const title = 'Gateway pass-through'
  const relay = ratioOf('relay')
  if (!(ours > 0 && script > 0 && relay > 0)) return { title, figures: undefined }
  const what = 'gateway CPU per chunk, × bare pass-through'
  return {
    title,
    cpu: {
      gateway: msOf('gateway'),
      relay: msOf('relay'),
      script: msOf('pass-through by a script'),
      bare: msOf('bare pass-through'),
    },
    figures: [
      { what, value: ours, limit: 2 },
      { what: `${what} by a script`, value: ours / script, limit: 2 },
      { what: 'relay CPU per chunk, × bare pass-through', value: relay, limit: 2 },
    ],
  }
}
