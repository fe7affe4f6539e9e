/**
 * Faults of a runtime that fail a case. The case runs all the same: the day it passes, the table asks for its
 * line to be taken out, unless the fault shows only at times.
 */
export interface Gap {
  /** Matches names of rows. */
  runtime: RegExp
  /** Matches names of cases, or `error` the message of the failure. */
  case?: RegExp
  error?: RegExp
  /** The case passes at times. */
  varies?: true
  reason: string
}

export const GAPS: readonly Gap[] = [
  {
    runtime: /^(firefox|webkit|wpe|playwright-firefox|playwright-webkit) /,
    case: /^A reader that pauses pauses the server$/,
    // A browser that gets little of the processor reads less than the limit.
    varies: true,
    reason:
      'The browser reads ahead without bound: a bare fetch() whose reader pauses does the same ' +
      '(seen: 290 MB within 4 s in Firefox 153, 1 GiB within 1 s in WebKitGTK 2.50). Nothing is queued by this package.',
  },
  {
    runtime: /^firefox worker$/,
    error: /^Error: The connection is still open/,
    varies: true,
    reason:
      'The worker loses the abort of a request, mostly until the next byte arrives: a bare fetch() does the same ' +
      '(27 of 8,000 in Firefox 153, in either order of cancel() and abort(); none of 400 in a page).',
  },
]

/** Why this case cannot pass there; `undefined` where it must. */
export function gapOf(runtime: string, name: string, error: string): Gap | undefined {
  return GAPS.find(
    (gap) =>
      gap.runtime.test(runtime) &&
      (gap.case?.test(name) ?? true) &&
      (gap.error?.test(error) ?? true),
  )
}
