/**
 * Starts a program of this folder: `node test/faults/start.mjs matrix --only 'stall|429'`.
 */
import { pathToFileURL } from 'node:url'
import { buildTool } from '../runtimes/build.mjs'

process.setSourceMapsEnabled?.(true)
const named = !(process.argv[2] ?? '-').startsWith('-')
const [name] = named ? process.argv.splice(2, 1) : ['matrix']
await import(pathToFileURL(await buildTool(`../faults/${name}`)).href)
