// Node, Deno and Bun: the place comes as the first argument, the results go out as the last line.
import { runSuite } from './suite.mjs'

const { process } = globalThis
const results = await runSuite(JSON.parse(process.argv[2]))
const version = globalThis.Deno?.version.deno ?? globalThis.Bun?.version ?? process.version.slice(1)
console.log(JSON.stringify({ version, results }))
