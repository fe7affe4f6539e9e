/**
 * What a runtime truly cannot do. A case that is listed here is run all the same: the day it passes,
 * the table asks for its line to be taken out.
 */
export interface Gap {
  /** Matches names of rows. */
  runtime: RegExp
  /** Matches names of cases. */
  case: RegExp
  reason: string
}

export const GAPS: readonly Gap[] = []

/** Why this case cannot pass there; `undefined` where it must. */
export function gapOf(runtime: string, name: string): Gap | undefined {
  return GAPS.find((gap) => gap.runtime.test(runtime) && gap.case.test(name))
}
