/**
 * Starts a program of this folder: `node test/runtimes/start.mjs run --only deno,firefox`.
 */
import { pathToFileURL } from 'node:url'
import { buildTool } from './build.mjs'

process.setSourceMapsEnabled?.(true)
const [name = 'run'] = process.argv.splice(2, 1)
await import(pathToFileURL(await buildTool(name)).href)
