/**
 * What loads with the first traced call. One file: chats and runs share most of it.
 */
export { traceRun } from './run-trace.ts'
export { tracedRun } from './traced-run.ts'
