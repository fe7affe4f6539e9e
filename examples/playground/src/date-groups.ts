/**
 * Groups of chats by the day of their last message, as a calendar has it.
 */
export type DateGroup = 'today' | 'yesterday' | 'week' | 'older'

const DAY = 86_400_000

export function groupByDate<T extends { updatedAt: number }>(
  items: readonly T[],
  now = Date.now(),
): Map<DateGroup, T[]> {
  const today = new Date(now).setHours(0, 0, 0, 0)
  const groupOf = ({ updatedAt }: T): DateGroup => {
    if (updatedAt >= today) return 'today'
    if (updatedAt >= today - DAY) return 'yesterday'
    return updatedAt >= today - 7 * DAY ? 'week' : 'older'
  }
  const groups = new Map<DateGroup, T[]>()
  for (const name of ['today', 'yesterday', 'week', 'older'] as const) {
    const members = items.filter((item) => groupOf(item) === name)
    if (members.length > 0) groups.set(name, members)
  }
  return groups
}
