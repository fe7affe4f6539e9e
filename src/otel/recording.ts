/**
 * What loads beside the first traced call. One file: all of it is needed then.
 */
export { replyAttributes, requestAttributes } from './details.ts'
export { recordChat } from './metrics.ts'
