/**
 * Ids of tool calls, as Claude requires them: of its characters, unique, and each with a result in the next turn.
 */
import { ConfigError } from '../../errors.ts'
import type { Turn } from './turn.ts'

/**
 * Renames ids that an earlier tool call has, together with their results: Claude requires unique ids, while Kimi's
 * (`functions.look:0`) and those of some local servers begin anew in each turn.
 */
export function separateIds(turns: Turn[]): void {
  const used = new Set<unknown>()
  for (const [index, turn] of turns.entries()) {
    const results = turns[index + 1]?.content ?? []
    // Results in their order: calls of one turn may share an id too.
    const open = [...results.entries()].filter(([, { type }]) => type === 'tool_result')
    for (const [place, block] of turn.content.entries()) {
      if (block.type !== 'tool_use') continue
      const id = String(block.id)
      const at = open.findIndex(([, result]) => result.tool_use_id === id)
      const [found] = at === -1 ? [] : open.splice(at, 1)
      const name = freeName(id, used)
      used.add(name)
      if (name === id) continue
      turn.content[place] = { ...block, id: name }
      if (found) results[found[0]] = { ...found[1], tool_use_id: name }
    }
  }
}

function freeName(id: string, used: ReadonlySet<unknown>): string {
  let name = id
  for (let count = 2; used.has(name); count++) name = `${id}_${count}`
  return name
}

/** Requires a result for each tool call in the next turn, or else the server rejects the conversation. */
export function checkAnswers(turns: readonly Turn[]): void {
  for (const [index, { content }] of turns.entries()) {
    const calls = content.filter(({ type }) => type === 'tool_use').map(({ id }) => id)
    const answers = turns[index + 1]?.content.map((block) => block.tool_use_id) ?? []
    const open = calls.filter((id) => !answers.includes(id))
    if (open.length > 0) {
      throw new ConfigError(
        'invalid_messages',
        `The tool calls ${open.join(', ')} have no result: add a tool message for each`,
      )
    }
  }
}

/** Replaces characters of other vendors' ids that are rejected here (Kimi: `functions.weather:0`). */
export function fitId(id: string): string {
  return id.replace(/[^\w-]/g, '_')
}
