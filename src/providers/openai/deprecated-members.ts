/**
 * Former names of members of `OpenAiServer`, which rows written by users may still have.
 */
import type { Dialect } from '../../wire/openai/dialect.ts'

/** Former names; a row that has both uses the current one. */
export interface DeprecatedMembers {
  /** @deprecated Use `unsupportedOptions`. */
  refused?: Dialect['unsupportedOptions']
  /** @deprecated Use `unsupportedParts`. */
  refusedParts?: Dialect['unsupportedParts']
  /** @deprecated Use `dataOnlyParts`. */
  inlineParts?: Dialect['dataOnlyParts']
  /** @deprecated Use `requiresKey: false` in place of `keyless: true`. */
  keyless?: boolean
  /** @deprecated Use `usageField`. */
  usageIn?: string
  /** @deprecated Use `unsupportedFormats`. */
  formatless?: Partial<Record<'json_object' | 'json_schema', RegExp>>
  /** @deprecated Use `defaultEffort`. */
  effort?: string
  /** @deprecated Use `reasoningStyle`. */
  reasoning?: Dialect['reasoningStyle']
}

const CURRENT_NAMES: Readonly<Record<string, string>> = {
  refused: 'unsupportedOptions',
  refusedParts: 'unsupportedParts',
  inlineParts: 'dataOnlyParts',
  usageIn: 'usageField',
  formatless: 'unsupportedFormats',
  effort: 'defaultEffort',
  reasoning: 'reasoningStyle',
}

/** Returns a row with current names only; a row without former names is returned as it is. */
export function withCurrentNames<Row extends DeprecatedMembers>(row: Row): Row {
  let current = row
  for (const [former, name] of Object.entries(CURRENT_NAMES))
    if (former in row) current = { [name]: row[former as keyof Row], ...current }
  if (row.keyless !== undefined) current = { requiresKey: !row.keyless, ...current }
  return current
}
