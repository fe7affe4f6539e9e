/**
 * Namespaces group tools (Codex has one for its sub-agents). To models their tools are functions with joined names.
 * @see https://platform.openai.com/docs/guides/function-calling
 */
import { HttpError, invalid } from '../../../edge/http-error.ts'
import { isRecord } from '../../../is-record.ts'
import type { Members } from '../shapes.ts'

/** A name as clients know it. */
export interface QualifiedName {
  namespace: string
  name: string
}

/** Qualified names by the joined names that models know. */
export type Namespaces = Readonly<Record<string, QualifiedName>>

export function joinName({ namespace, name }: Members): unknown {
  const isJoined = typeof namespace === 'string' && namespace && typeof name === 'string'
  return isJoined ? `${namespace}__${name}` : name
}

/** Replaces namespaces by their tools. @throws {HttpError} 400 */
export function flattenTools(given: readonly Members[]): {
  tools: Members[]
  namespaces: Namespaces
} {
  const namespaces: Record<string, QualifiedName> = {}
  const tools = given.flatMap((tool, index): Members[] => {
    const { type, name: namespace, tools: inner } = tool
    if (type !== 'namespace') return [tool]
    if (typeof namespace !== 'string' || !Array.isArray(inner) || !inner.every(isRecord))
      throw new HttpError(invalid(`tools[${index}] must be a namespace with name and tools`))
    return (inner as Members[]).map((one) => {
      const { name } = one
      const joined = joinName({ namespace, name })
      if (typeof joined === 'string') namespaces[joined] = { namespace, name: name as string }
      return { ...one, name: joined }
    })
  })
  return { tools, namespaces }
}
