/**
 * Former names of `OpenAiServer` properties, which users' own rows may still have.
 */
import type { Dialect } from '../../wire/openai/dialect.ts'

/** Former names. If a row has both, the current one counts. */
export interface DeprecatedMembers {
  /** @deprecated Use `unsupportedOptions`. */
  refused?: Dialect['unsupportedOptions']
  /** @deprecated Use `unsupportedParts`. */
  refusedParts?: Dialect['unsupportedParts']
  /** @deprecated Use `dataOnlyParts`. */
  inlineParts?: Dialect['dataOnlyParts']
  /** @deprecated Use `requiresKey: false` instead of `keyless: true`. */
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

/** Returns a row with current names only. A row without former names is returned unchanged. */
export function withCurrentNames<Row extends DeprecatedMembers>(row: Row): Row {
  let current = row
  for (const [former, name] of Object.entries(CURRENT_NAMES))
    if (former in row) current = { [name]: row[former as keyof Row], ...current }
  if (row.keyless !== undefined) current = { requiresKey: !row.keyless, ...current }
  return current
}
