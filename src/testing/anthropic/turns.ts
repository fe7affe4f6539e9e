/**
 * Rejects the messages that Anthropic rejects: wrong roles and blocks, tool calls without results, altered
 * thinking.
 */
import { isObject, matches, messagesOf, type Failure, type Json } from '../vendor.ts'

/**
 * Returns the first error in the messages of a request.
 * @see https://platform.claude.com/docs/en/api/messages/create
 */
export function checkTurns(body: Json, version: number): Failure {
  const messages = messagesOf(body['messages'])
  if (!messages?.length) return refuse('messages: at least one message is required')
  const turns = messages.map(({ role, content }) => ({ role, blocks: toBlocks(content) }))
  for (const [index, message] of messages.entries()) {
    const unknown = Object.keys(message).find((name) => name !== 'role' && name !== 'content')
    if (unknown) return refuse(`messages.${index}.${unknown}: Extra inputs are not permitted`)
  }
  for (const [index, { role, blocks }] of turns.entries()) {
    if (role !== 'user' && role !== 'assistant')
      return refuse(`messages.${index}.role: Input should be 'user' or 'assistant'`)
    if (!blocks?.length)
      return refuse(`messages.${index}: all messages must have non-empty content`)
    for (const [place, block] of blocks.entries()) {
      const failure = checkBlock(block, `messages.${index}.content.${place}`, role)
      if (failure) return failure
    }
  }
  if (turns[0]?.role !== 'user') return refuse('messages: first message must use the "user" role')
  return (
    checkResults(turns.map(({ blocks }) => blocks ?? [])) ??
    checkIds(turns.map(({ blocks }) => blocks ?? [])) ??
    checkThinkingOrder(turns, body['thinking']) ??
    checkPrefill(turns.at(-1)?.role, turns.at(-1)?.blocks ?? [], version, body['thinking']) ??
    checkHistory(
      turns.flatMap(({ blocks }) => blocks ?? []),
      body,
    )
  )
}

/** @see https://platform.claude.com/docs/en/agents-and-tools/tool-use/implement-tool-use */
function checkIds(turns: readonly Json[][]): Failure {
  const used = new Set<string>()
  for (const [index, blocks] of turns.entries()) {
    for (const [place, id] of idsOf(blocks, 'tool_use', 'id').entries()) {
      if (used.has(id))
        return refuse(`messages.${index}.content.${place}: \`tool_use\` ids must be unique`)
      used.add(id)
    }
    const answered = idsOf(blocks, 'tool_result', 'tool_use_id')
    const twice = answered.find((id, place) => answered.indexOf(id) !== place)
    if (twice !== undefined)
      return refuse(
        `messages.${index}: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${twice}`,
      )
  }
  return undefined
}

const isThought = (block: Json | undefined): boolean =>
  block?.['type'] === 'thinking' || block?.['type'] === 'redacted_thinking'

/**
 * With a budget, the turns of the tool loop under way start with their thinking; no turn ends with it.
 * @see https://platform.claude.com/docs/en/build-with-claude/extended-thinking#preserving-thinking-blocks
 */
function checkThinkingOrder(
  turns: readonly { role: unknown; blocks: Json[] | undefined }[],
  thinking: unknown,
): Failure {
  const last = turns.findIndex(
    ({ role, blocks }) => role === 'assistant' && isThought(blocks?.at(-1)),
  )
  if (last !== -1)
    return refuse(
      `messages.${last}: The final block in an assistant message cannot be \`thinking\`.`,
    )
  if (!isObject(thinking) || thinking['type'] !== 'enabled') return undefined
  const isResult = (blocks: Json[] = []) => blocks.some(({ type }) => type === 'tool_result')
  for (let at = turns.length - 1; at > 0 && isResult(turns[at]?.blocks); at -= 2) {
    const first = turns[at - 1]?.blocks?.[0]
    if (!isThought(first))
      return refuse(
        `messages.${at - 1}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${String(first?.['type'])}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block (preceeding the lastmost set of \`tool_use\` and \`tool_result\` blocks).`,
      )
  }
  return undefined
}

function toBlocks(content: unknown): Json[] | undefined {
  if (typeof content === 'string') return content ? [{ type: 'text', text: content }] : []
  return messagesOf(content)
}

const SOURCES: Record<string, readonly string[]> = {
  image: ['base64', 'url', 'file'],
  document: ['base64', 'url', 'file', 'text', 'content'],
}
const IMAGES = ['image/jpeg', 'image/png', 'image/gif', 'image/webp']

/** Members of the blocks that callers write themselves. @see https://platform.claude.com/docs/en/api/messages/create */
const MEMBERS: Readonly<Record<string, string>> = {
  text: 'type text cache_control citations',
  image: 'type source cache_control',
  document: 'type source title context citations cache_control',
  tool_use: 'type id name input cache_control caller',
  tool_result: 'type tool_use_id content is_error cache_control',
  thinking: 'type thinking signature',
}

/** @see https://platform.claude.com/docs/en/api/messages/create */
function checkBlock(block: Json, at: string, role: unknown): Failure {
  const { type, text, id, input, content } = block
  const known = MEMBERS[String(type)]?.split(' ')
  const unknown = known && Object.keys(block).find((name) => !known.includes(name))
  if (unknown) return refuse(`${at}.${String(type)}.${unknown}: Extra inputs are not permitted`)
  switch (type) {
    case 'text':
      if (typeof text === 'string' && text.trim()) return undefined
      return refuse(`${at}: text content blocks must be non-empty`)
    case 'image':
    case 'document':
      return role === 'user'
        ? checkSource(block, at)
        : refuse(`${at}: not permitted in the assistant role`)
    case 'tool_use':
      if (role !== 'assistant' || !isObject(input))
        return refuse(`${at}.tool_use.input: Input should be an object`)
      if (!matches(/^[a-zA-Z0-9_-]{1,200}$/, block['name']))
        return refuse(`${at}.tool_use.name: String should match pattern '^[a-zA-Z0-9_-]{1,200}$'`)
      return matches(/^[a-zA-Z0-9_-]+$/, id)
        ? undefined
        : refuse(`${at}.tool_use.id: String should match pattern`)
    case 'tool_result':
      if (role !== 'user') return refuse(`${at}: tool_result blocks can only be in user messages`)
      return toBlocks(content ?? 'x')
        ?.map((one) => checkBlock(one, `${at}.content`, role))
        .find((failure) => failure)
    case 'thinking':
      return checkThinkingBlock(block, at)
    case 'fallback':
      return refuse(
        `${at}: Input tag 'fallback' found using 'type' does not match any of the expected tags`,
      )
    default:
      // Blocks of server tools are accepted unchecked.
      if (role === 'assistant' && typeof type === 'string') return undefined
      return refuse(`${at}: Input tag '${String(type)}' does not match any of the expected tags`)
  }
}

/** @see https://platform.claude.com/docs/en/build-with-claude/vision */
function checkSource({ type, source }: Json, at: string): Failure {
  if (!isObject(source) || !SOURCES[String(type)]?.includes(String(source['type'])))
    return refuse(`${at}.${String(type)}.source: Input tag is not expected`)
  const { type: kind, media_type: media, data, url } = source
  if (kind === 'url')
    return typeof url === 'string' && /^https?:/.test(url)
      ? undefined
      : refuse(`${at}: Only HTTP URLs`)
  if (kind !== 'base64') return undefined
  const known = type === 'image' ? IMAGES : ['application/pdf']
  if (!known.includes(String(media)))
    return refuse(
      `${at}.${String(type)}.source.base64.media_type: Input should be ${known.join(', ')}`,
    )
  return /^[A-Za-z0-9+/]+={0,2}$/.test(String(data))
    ? undefined
    : refuse(`${at}.source.base64: invalid base64 data`)
}

/**
 * Checks only signatures made by the simulator: a recorded one can have any value.
 * @see https://platform.claude.com/docs/en/build-with-claude/extended-thinking
 */
function checkThinkingBlock({ thinking, signature }: Json, at: string): Failure {
  const isOwn = String(signature).startsWith('Simulated')
  if (!signature || (isOwn && signature !== signatureOf(String(thinking))))
    return refuse(`${at}: Invalid \`signature\` in \`thinking\` block`)
  return undefined
}

/**
 * Requires the results of all tool calls at the start of the next message.
 * @see https://platform.claude.com/docs/en/agents-and-tools/tool-use/implement-tool-use
 */
function checkResults(turns: readonly Json[][]): Failure {
  for (const [index, blocks] of turns.entries()) {
    const called = idsOf(turns[index - 1] ?? [], 'tool_use', 'id')
    const answered = idsOf(blocks, 'tool_result', 'tool_use_id')
    const orphan = answered.find((id) => !called.includes(id))
    if (orphan !== undefined)
      return refuse(
        `messages.${index}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${orphan}`,
      )
    const open = called.filter((id) => !answered.includes(id))
    if (open.length)
      return refuse(
        `messages.${index - 1}: \`tool_use\` ids without \`tool_result\`: ${open.join(', ')}`,
      )
    if (blocks.slice(0, answered.length).some(({ type }) => type !== 'tool_result'))
      return refuse(`messages.${index}: \`tool_result\` blocks must come first`)
  }
  const open = idsOf(turns.at(-1) ?? [], 'tool_use', 'id')
  return open.length
    ? refuse(`\`tool_use\` ids without \`tool_result\`: ${open.join(', ')}`)
    : undefined
}

function idsOf(blocks: readonly Json[], type: string, name: string): string[] {
  return blocks.filter((block) => block['type'] === type).map((block) => String(block[name]))
}

/** @see https://platform.claude.com/docs/en/build-with-claude/prompt-engineering/prefill-claudes-response */
function checkPrefill(
  role: unknown,
  blocks: readonly Json[],
  version: number,
  thinking: unknown,
): Failure {
  const last = blocks.at(-1)
  // A reply that paused in a server tool is sent back to be continued.
  if (role !== 'assistant' || last?.['type'] !== 'text') return undefined
  if (version >= 406)
    return refuse(
      'This model does not support assistant message prefill. The conversation must end with a user message.',
    )
  const thinks = isObject(thinking) && thinking['type'] === 'enabled'
  if (thinks && !String(blocks[0]?.['type']).endsWith('thinking'))
    return refuse(
      `Expected \`thinking\` or \`redacted_thinking\`, but found \`${String(blocks[0]?.['type'])}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block.`,
    )
  return /\s$/.test(String(last['text']))
    ? refuse('messages: final assistant content cannot end with trailing whitespace')
    : undefined
}

/** @see https://platform.claude.com/docs/en/agents-and-tools/tool-use/implement-tool-use */
function checkHistory(blocks: readonly Json[], body: Json): Failure {
  const hasCalls = blocks.some(({ type }) => type === 'tool_use' || type === 'tool_result')
  if (hasCalls && !(Array.isArray(body['tools']) && body['tools'].length))
    return refuse('Requests which include `tool_use` or `tool_result` blocks must define tools')
  const marks =
    JSON.stringify([body['system'], body['tools'], body['messages']]).split('"cache_control"')
      .length - 1
  return marks > 4
    ? refuse(`A maximum of 4 blocks with cache_control may be provided. Found ${marks}.`)
    : undefined
}

export function refuse(message: string): Failure {
  return { status: 400, message }
}

/** Returns the generation of a Claude model, 406 for 4.6, or 0 for an unknown name. */
export function versionOf(model: string): number {
  const digits = /claude-(?:[a-z]+-)*(\d)(?:[-.](\d)(?!\d))?/.exec(model)
  if (!digits) return 0
  return Number(digits[1]) * 100 + Number(digits[2] ?? 0)
}

/** Returns the signature of a thinking block, derived from its text so that a change is detected. */
export function signatureOf(thinking: string): string {
  let sum = 7
  for (const character of thinking)
    sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 2_147_483_647
  return `Simulated${sum.toString(36)}`
}
