/**
 * Rejects the requests that Zhipu rejects. Its documentation does not separate codes 1210 and 1214 clearly. Here
 * 1210 is a number or a length out of range, and 1214 everything else.
 */
import type { SimulatedRequest } from '../script.ts'
import {
  bearerOf,
  findOrphan,
  hasOpenCalls,
  isJson,
  isObject,
  isOutside,
  matches,
  messagesOf,
  pathOf,
  type ServerConfig,
  type Failure,
  type Json,
} from '../vendor.ts'

/** Returns the first error in a request. */
export async function checkZhipu(
  request: SimulatedRequest,
  account: ServerConfig,
): Promise<Failure> {
  if (!pathOf(request).endsWith('/chat/completions')) {
    return { status: 404, code: '1222', message: 'API不存在。' }
  }
  if (request.method !== 'POST') return { status: 405, code: '1200', message: 'API 调用失败。' }
  return (
    (account.asksKey ? await checkKey(request, account) : undefined) ?? checkBody(request, account)
  )
}

async function checkKey(request: SimulatedRequest, { keys }: ServerConfig): Promise<Failure> {
  const token = bearerOf(request)
  if (!token)
    return {
      status: 401,
      code: '1001',
      message: 'Header中未收到Authorization参数，无法进行身份验证。',
    }
  // A raw key is `id.secret`; three parts are a JWT.
  if (token.split('.').length !== 3) return !keys || keys.has(token) ? undefined : { status: 401 }
  const [header = '', payload = '', signature = ''] = token.split('.')
  const head = decodePart(header)
  const claims = decodePart(payload)
  if (head?.['alg'] !== 'HS256' || head['sign_type'] !== 'SIGN') return { status: 401 }
  if (typeof claims?.['exp'] !== 'number' || typeof claims['timestamp'] !== 'number')
    return { status: 401 }
  if (typeof claims['api_key'] !== 'string' || !/^[\w-]{43}$/.test(signature))
    return { status: 401 }
  if (
    keys &&
    !(await isSigned(`${header}.${payload}`, { signature, id: claims['api_key'], keys }))
  ) {
    return { status: 401 }
  }
  // Milliseconds, unlike other vendors: a token in seconds expired in 1970.
  if (claims['exp'] < Date.now())
    return { status: 401, code: '1003', message: 'Authorization Token已过期。' }
  return undefined
}

function decodePart(part: string): Json | undefined {
  try {
    const text = atob(part.replaceAll('-', '+').replaceAll('_', '/'))
    const value: unknown = JSON.parse(text)
    // The vendor requires base64url without padding.
    return /^[\w-]+$/.test(part) && isObject(value) ? value : undefined
  } catch {
    // Neither base64 nor JSON, so not a token.
    return undefined
  }
}

async function isSigned(
  text: string,
  { signature, id, keys }: { signature: string; id: string; keys: Set<string> },
): Promise<boolean> {
  const secret = [...keys].find((key) => key.startsWith(`${id}.`))?.slice(id.length + 1)
  if (!secret) return false
  const encoder = new TextEncoder()
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  // The UTF-8 bytes of the secret as written, not decoded from base64.
  const key = await crypto.subtle.importKey('raw', encoder.encode(secret), algorithm, false, [
    'sign',
  ])
  const bytes = new Uint8Array(await crypto.subtle.sign('HMAC', key, encoder.encode(text)))
  const expected = btoa(String.fromCharCode(...bytes))
  return expected.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '') === signature
}

/** @see https://docs.bigmodel.cn/api-reference */
function checkBody(request: SimulatedRequest, { models }: ServerConfig): Failure {
  if (!isJson(request))
    return { status: 400, code: '1210', message: 'API 调用参数有误，请检查文档。' }
  const body: Json = request.body
  const { model, temperature, top_p: topP, stop, tools, tool_choice: choice } = body
  if (typeof model !== 'string' || !model)
    return { status: 400, code: '1213', message: '未正常接收到model参数。' }
  if (models && !models.includes(model))
    return { ...REFUSED, code: '1211', message: '模型不存在，请检查模型代码。' }
  const bad = (name: string): Failure => ({
    ...REFUSED,
    code: '1210',
    message: `API 调用参数有误：${name}。`,
  })
  // https://docs.bigmodel.cn/api-reference
  for (const [name, type] of Object.entries(TYPES)) {
    const value = body[name]
    if (value !== undefined && value !== null && typeof value !== type) return bad(name)
  }
  const {
    max_tokens: maxTokens,
    reasoning_effort: effort,
    thinking,
    response_format: format,
  } = body
  if (maxTokens != null && (!Number.isInteger(maxTokens) || isOutside(maxTokens, 1, 131_072)))
    return bad('max_tokens')
  if (effort != null && !EFFORTS.has(effort)) return bad('reasoning_effort')
  if (thinking != null && !(isObject(thinking) && SWITCHES.has(thinking['type'])))
    return illegal('thinking')
  if (format != null && !(isObject(format) && FORMATS.has(format['type'])))
    return illegal('response_format')
  if (tools != null && !Array.isArray(tools)) return illegal('tools')
  if (isOutside(temperature, 0, 1)) return bad('temperature')
  if (isOutside(topP, 0.01, 1)) return bad('top_p')
  if (stop !== undefined && !isStop(stop)) return bad('stop')
  if (isWrongLength(body['request_id'], 6, 64)) return bad('request_id')
  if (isWrongLength(body['user_id'], 6, 128)) return bad('user_id')
  if (choice !== undefined && choice !== 'auto') return illegal('tool_choice')
  if (Array.isArray(tools) && (tools.length > 128 || !tools.every(isTool))) return illegal('tools')
  return checkMessages(body['messages'])
}

const TYPES: Readonly<Record<string, string>> = {
  temperature: 'number',
  top_p: 'number',
  max_tokens: 'number',
  stream: 'boolean',
  do_sample: 'boolean',
  tool_stream: 'boolean',
  request_id: 'string',
  user_id: 'string',
}
const EFFORTS: ReadonlySet<unknown> = new Set([
  'none',
  'minimal',
  'low',
  'medium',
  'high',
  'xhigh',
  'max',
])
const SWITCHES: ReadonlySet<unknown> = new Set(['enabled', 'disabled'])
const TOOLS: ReadonlySet<unknown> = new Set(['web_search', 'retrieval', 'mcp'])
const FORMATS: ReadonlySet<unknown> = new Set(['text', 'json_object'])
const REFUSED = { status: 400 }

function illegal(name: string): Failure {
  return { ...REFUSED, code: '1214', message: `${name} 参数非法。请检查文档。` }
}

/** True for a list of at most one text. */
function isStop(value: unknown): boolean {
  return (
    Array.isArray(value) && value.length <= 1 && value.every((word) => typeof word === 'string')
  )
}

function isWrongLength(value: unknown, low: number, high: number): boolean {
  return typeof value === 'string' && isOutside(value.length, low, high)
}

/** @see https://docs.bigmodel.cn/cn/guide/capabilities/function-calling */
function isTool(tool: unknown): boolean {
  if (!isObject(tool)) return false
  if (tool['type'] !== 'function') return TOOLS.has(tool['type'])
  return isObject(tool['function']) && matches(/^[a-zA-Z0-9_-]{1,64}$/, tool['function']['name'])
}

/** @see https://docs.bigmodel.cn/api-reference */
function checkMessages(value: unknown): Failure {
  const messages = messagesOf(value)
  const known = messages?.every(({ role }) =>
    ['system', 'user', 'assistant', 'tool'].includes(role as string),
  )
  if (!messages?.length || !known) return illegal('messages')
  if (messages.every(({ role }) => role === 'system' || role === 'assistant'))
    return illegal('messages')
  if (!messages.every(isMessage) || hasOpenCalls(messages)) return illegal('messages')
  return findOrphan(messages) === -1 ? undefined : illegal('messages')
}

function isMessage({ role, content, tool_calls: calls }: Json): boolean {
  if (Array.isArray(calls) && calls.length > 0) return calls.every(isCall)
  if (role === 'tool') return content !== undefined && content !== null
  if (typeof content === 'string') return content !== ''
  return Array.isArray(content) && content.length > 0 && content.every(isPart)
}

function isCall(call: unknown): boolean {
  if (!isObject(call) || typeof call['id'] !== 'string' || !isObject(call['function'])) return false
  const { name, arguments: text } = call['function']
  return typeof name === 'string' && typeof text === 'string'
}

function isPart(part: unknown): boolean {
  return isObject(part) && PARTS.has(part['type'])
}

const PARTS: ReadonlySet<unknown> = new Set([
  'text',
  'image_url',
  'video_url',
  'file_url',
  'input_audio',
])
