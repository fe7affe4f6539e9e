/**
 * A row of the matrix: how a server fails, and what the caller must get. Plain data but for `perform`.
 */
import type { ErrorCode, ModelConfig } from 'chatwire'
import type { Script } from 'chatwire/testing'
import type { Column, Family } from './columns.ts'
import type { Exchange } from './exchange.ts'

/** The chunks that the simulated model sends: two bytes, three bytes and four bytes a character. */
export const PIECES = ['Grüß ', 'dich, ', '世界 ', '🌍!'] as const
export const TEXT: string = PIECES.join('')
/** The first pieces, as a reader sees them before a fault strikes. */
export function said(pieces: number): string {
  return PIECES.slice(0, pieces).join('')
}

/** The arguments of the call that the simulated model makes where a row asks for one. */
export const ARGUMENTS = '{"city":"Berlin","days":3,"unit":"celsius"}'

/** True if the caller reads a stream. */
export type Mode = 'stream' | 'whole'

/** Where a row meets a column. */
export interface Place {
  column: Column
  mode: Mode
  /** Number of the cell. */
  id: number
  /** Another origin, which must never hear of us. */
  elsewhere: string
}

/** The expected outcome. */
export interface Expected {
  /** The error's code; absent: a whole answer. */
  code?: ErrorCode
  /** The timeout that must expire. */
  which?: 'response' | 'idle' | 'total'
  retryable?: boolean
  /** Number of requests that the server gets. */
  requests: number
  /** Number of attempts reported to the caller. @default the same */
  attempts?: number
  /** The text that arrived. @default '' with a code, otherwise the full text */
  text?: string
  /** The start of the arguments that have arrived, of a call that must be marked. */
  toolCall?: string
  /** Bounds of the wait before the second request, in milliseconds. */
  wait?: readonly [least: number, most: number]
  /** True if the usage comes from the server. */
  usage?: 'server' | 'estimated'
  finishReason?: string
  /** Words that must stand in the message. */
  words?: RegExp
  /** The call throws the caller's own reason. */
  ownReason?: true
  /** Longest time of the whole call, in milliseconds. */
  within?: number
  /** Most bytes that the server may have got rid of. */
  sent?: number
}

/** One row. */
export interface Fault {
  /** `group: name`; `--only` looks at it. */
  name: string
  mode?: Mode
  families?: readonly Family[]
  /** Those whose format cannot fail like this. */
  except?: readonly Family[]
  settings?: Partial<ModelConfig>
  /** The model calls a tool. */
  tools?: true
  /** Instead of the usual text. */
  script?: Script
  /** Only the first request meets the fault; `heal` is the answer to the others. */
  heals?: true
  /** The address to be asked, if it is not the server's. */
  baseURL?: (place: Place) => string
  /** The caller stops, at this moment. */
  stop?: 'abort before headers' | 'abort while waiting' | 'abort in mid-text' | 'leave' | 'cancel'
  perform(exchange: Exchange): Promise<void> | void
  expected(place: Place): Expected
}

/** A row for what the caller gets in a stream, and what otherwise. */
export function byMode(stream: Expected, whole: Expected): Fault['expected'] {
  return ({ mode }) => (mode === 'stream' ? stream : whole)
}

/** The same whatever the mode. */
export function always(expected: Expected): Fault['expected'] {
  return () => expected
}

/** Fails before the first event, so it is tried again. */
export function twice(code: ErrorCode, more: Partial<Expected> = {}): Expected {
  return { code, retryable: true, requests: 2, ...more }
}

/** Fails in the middle of the text, or for good: not tried again. */
export function once(code: ErrorCode, more: Partial<Expected> = {}): Expected {
  return { code, retryable: true, requests: 1, ...more }
}

/** Cannot be better at another try. */
export function final(code: ErrorCode, more: Partial<Expected> = {}): Expected {
  return { code, retryable: false, requests: 1, ...more }
}

/** Nothing is wrong after all. */
export function fine(more: Partial<Expected> = {}): Expected {
  return { requests: 1, ...more }
}
