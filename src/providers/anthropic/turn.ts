/**
 * Turns and blocks of the Messages API.
 */

/** A content block, as sent or received. */
export interface Block {
  type: string
  [member: string]: unknown
}

/** Consecutive messages of one role. */
export interface Turn {
  role: 'user' | 'assistant'
  content: Block[]
}
