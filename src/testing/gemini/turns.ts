/**
 * Rejects the conversations that Gemini rejects: wrong turns, parts, calls or results.
 */
import { isObject, type Failure, type Json } from '../vendor.ts'

/** Each part has one of these. */
const DATA = [
  'text',
  'inlineData',
  'fileData',
  'functionCall',
  'functionResponse',
  'executableCode',
  'codeExecutionResult',
  'toolCall',
  'toolResponse',
]
const BESIDE = ['thought', 'thoughtSignature', 'videoMetadata', 'mediaResolution']

/**
 * @param signed whether calls of the current turn must carry their signatures
 * @see https://ai.google.dev/api/caching#Content
 */
export function checkContents(value: unknown, { signed }: { signed: boolean }): Failure {
  if (!Array.isArray(value) || value.length === 0)
    return refuse('* GenerateContentRequest.contents: contents is not specified')
  const turns: Turn[] = []
  for (const [index, content] of value.entries()) {
    const role: unknown = isObject(content) ? content['role'] : undefined
    const parts: unknown = isObject(content) ? content['parts'] : undefined
    if (role !== 'user' && role !== 'model' && role !== 'function')
      return refuse('Please use a valid role: user, model.')
    if (!Array.isArray(parts) || parts.length === 0)
      return refuse('Unable to submit request because it must include at least one parts field.')
    const far = parts.find((part) => isObject(part) && isUnreachable(part['fileData']))
    if (isObject(far))
      return refuse(
        `Unsupported file URI type: ${String((far['fileData'] as Json)['fileUri'])}. File URIs must be File API, YouTube, or HTTPS.`,
      )
    const wrong = parts.findIndex((part) => !isPart(part))
    if (wrong !== -1)
      return refuse(
        `* GenerateContentRequest.contents[${index}].parts[${wrong}].data: required oneof field 'data' must have one initialized field`,
      )
    turns.push({ isModel: role === 'model', parts })
  }
  if (turns.some((turn, index) => index > 0 && turn.isModel === turns[index - 1]?.isModel))
    return refuse('Please ensure that multiturn requests alternate between user and model.')
  return (
    checkCalls(turns) ??
    checkResultMedia(turns, { allowed: signed }) ??
    (signed ? checkSignatures(turns) : undefined)
  )
}

interface Turn {
  isModel: boolean
  parts: Json[]
}

function refuse(message: string): Failure {
  return { status: 400, message }
}

function isPart(part: unknown): boolean {
  if (!isObject(part)) return false
  const names = Object.keys(part)
  const data = names.filter((name) => DATA.includes(name))
  if (data.length !== 1 || names.some((name) => !DATA.includes(name) && !BESIDE.includes(name)))
    return false
  const { text, inlineData, fileData, functionCall: call, functionResponse: answer } = part
  if (isObject(inlineData)) {
    const { mimeType, data: base64 } = inlineData
    return /^\w+\/[\w.+-]+$/.test(String(mimeType)) && /^[\w+/-]+=*$/.test(String(base64))
  }
  if (isObject(fileData)) return /^(https?|gs):\/\//.test(String(fileData['fileUri']))
  if (isObject(call)) return isName(call['name']) && isObject(call['args'] ?? {})
  if (isObject(answer)) return isName(answer['name']) && isObject(answer['response'])
  return text === undefined || typeof text === 'string'
}

/** @see https://ai.google.dev/gemini-api/docs/file-input-methods */
function isUnreachable(file: unknown): boolean {
  return isObject(file) && /^http:/i.test(String(file['fileUri']))
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}

function namesOf({ parts }: Turn, member: string): string[] {
  const found = parts.map((part) => part[member]).filter(isObject)
  return found.map(({ id, name }) => `${String(name)} ${String(id)}`)
}

/**
 * Requires as many results as calls, with the same names and ids, in the next turn.
 * @see https://ai.google.dev/gemini-api/docs/function-calling
 */
function checkCalls(turns: readonly Turn[]): Failure {
  for (const [index, turn] of turns.entries()) {
    const answers = namesOf(turn, 'functionResponse')
    const before = turns[index - 1]
    const asked = before?.isModel ? namesOf(before, 'functionCall') : []
    if (answers.length > 0 && asked.length === 0)
      return refuse(
        'Please ensure that function response turn comes immediately after a function call turn.',
      )
    if (answers.sort().join() !== asked.sort().join()) return refuse(COUNT)
    const isLast = index === turns.length - 1
    if (isLast && turn.isModel && namesOf(turn, 'functionCall').length > 0) return refuse(COUNT)
  }
  return undefined
}

/**
 * Media in results are inline images and documents, since generation 3.
 * @see https://ai.google.dev/gemini-api/docs/function-calling#multimodal
 */
function checkResultMedia(turns: readonly Turn[], { allowed }: { allowed: boolean }): Failure {
  for (const part of turns.flatMap(({ parts }) => parts)) {
    const answer = part['functionResponse']
    if (!isObject(answer) || answer['parts'] === undefined) continue
    if (!allowed) return refuse('Multimodal function responses are not supported by this model.')
    const isGood = (one: unknown) =>
      isPart(one) && isObject(one) && isObject(one['inlineData']) && isMedia(one['inlineData'])
    if (!Array.isArray(answer['parts']) || !answer['parts'].every(isGood))
      return refuse('Unsupported part in function_response.parts.')
  }
  return undefined
}

function isMedia({ mimeType }: Json): boolean {
  return /^(image\/(png|jpeg|webp)|application\/pdf|text\/plain)$/.test(String(mimeType))
}

const COUNT =
  'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.'

/**
 * Checks the current turn only, which starts at the last user text, and only the first of parallel calls.
 * @see https://ai.google.dev/gemini-api/docs/thought-signatures
 */
function checkSignatures(turns: readonly Turn[]): Failure {
  const said = turns.map(
    ({ isModel, parts }) => !isModel && parts.some((part) => !part['functionResponse']),
  )
  for (const { parts } of turns.slice(said.lastIndexOf(true) + 1)) {
    const call = parts.find((part) => part['functionCall'])
    if (!call || call['thoughtSignature']) continue
    const { name } = call['functionCall'] as Json
    return refuse(
      `Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call \`default_api:${String(name)}\`.`,
    )
  }
  return undefined
}
