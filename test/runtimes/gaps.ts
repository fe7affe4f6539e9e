/**
 * Cases that a runtime cannot pass. A case that is listed here is run all the same: the day it passes,
 * the table asks for its line to be taken out.
 */
export interface Gap {
  /** Matches names of rows. */
  runtime: RegExp
  /** Matches names of cases. */
  case: RegExp
  reason: string
}

export const GAPS: readonly Gap[] = [
  {
    runtime: /^(firefox|webkit|wpe|playwright-firefox|playwright-webkit) /,
    case: /^A reader that pauses pauses the server$/,
    reason:
      'The browser reads ahead without bound: a bare fetch() whose reader pauses does the same ' +
      '(seen: 290 MB within 4 s in Firefox 153, 1 GiB within 1 s in WebKitGTK 2.50). Nothing is queued by this package.',
  },
]

/** Why this case cannot pass there; `undefined` where it must. */
export function gapOf(runtime: string, name: string): Gap | undefined {
  return GAPS.find((gap) => gap.runtime.test(runtime) && gap.case.test(name))
}
