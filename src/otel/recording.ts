/**
 * What loads beside the first traced call. One file: all of it is needed then.
 */
export { chatAttributes, replyAttributes, requestAttributes } from './details.ts'
export { recordChat } from './metrics.ts'
