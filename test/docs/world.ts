/**
 * The environment of the pages' code: simulated vendors at their own hosts, keys that work only there, and the
 * functions that a reader's app would have.
 */
import assert from 'node:assert/strict'
import process from 'node:process'
import type { DenoKv, DurableObjectNamespace, WorkersKV } from 'chatwire/gateway'
import type { DenoKvList } from 'chatwire/server'
import type { Reply, Script, SimulatedRequest, SimulatedVendor, Simulator } from 'chatwire/testing'
import { simulate } from 'chatwire/testing'

declare global {
  /** Shows a piece of text to the person. */
  var show: (text: string) => void
  /** Draws an object. */
  var render: (...values: unknown[]) => void
  /** Returns true for requests of a user of the app. */
  var isUser: (request: Request, env: Env) => boolean
  /** A Worker's variables. */
  interface Env {
    APP_TOKEN: string
    DASHSCOPE_API_KEY: string
    ZHIPU_API_KEY: string
    KEYS: WorkersKV & DurableObjectNamespace
    KEY_COUNTERS: DurableObjectNamespace
    REPLIES: WorkersKV & DurableObjectNamespace
  }
  var env: Env

  /** For the parts that are not shown: what all servers say from now on. */
  var say: (script: Script) => void
  /** The requests that have come to a server. */
  var asked: (vendor: SimulatedVendor) => SimulatedRequest[]
  var equal: typeof assert.deepEqual
  var fails: (work: unknown, code: string) => Promise<void>

  /** As much of Deno as the pages use; its own tests are in `test/package`. */
  namespace Deno {
    const env: { get(name: string): string | undefined }
    const args: string[]
    function openKv(): Promise<DenoKv & DenoKvList>
    function serve(handler: (request: Request) => Response | Promise<Response>): void
    interface ServeDefaultExport {
      fetch(request: Request): Response | Promise<Response>
    }
  }
}

const stored: Record<string, unknown> = {}
Object.assign(globalThis, {
  chrome: {
    storage: {
      local: {
        get: async (name: string) => ({ [name]: stored[name] }),
        set: async (values: object) => void Object.assign(stored, values),
      },
    },
  },
})

globalThis.show = () => {}
globalThis.render = () => {}
globalThis.isUser = (request) => request.headers.get('authorization') === 'Bearer let-me-in'
globalThis.equal = assert.deepEqual
globalThis.fails = (work, code) =>
  assert.rejects(async () => (typeof work === 'function' ? work() : work), { code })

const KEY = 'test-key'
const ZHIPU_KEY = 'test.zhipu-key-of-32-characters-0000'
const SECRETS = { APP_TOKEN: 'let-me-in', DASHSCOPE_API_KEY: KEY, ZHIPU_API_KEY: ZHIPU_KEY }
// Its stores exist in a Worker only.
globalThis.env = SECRETS as Env
Object.assign(process.env, {
  ...SECRETS,
  OPENAI_API_KEY: KEY,
  ANTHROPIC_API_KEY: KEY,
  GEMINI_API_KEY: KEY,
})

const HOSTS: Record<string, SimulatedVendor> = {
  'dashscope.aliyuncs.com': 'dashscope',
  'open.bigmodel.cn': 'zhipu',
  'api.openai.com': 'openai',
  'localhost:8000': 'openai',
  'api.anthropic.com': 'anthropic',
  'generativelanguage.googleapis.com': 'gemini',
  'localhost:11434': 'ollama',
}
const vendors = new Map<string, Simulator>(
  Object.values(HOSTS).map((vendor) => [
    vendor,
    simulate(vendor, answer, vendor === 'openai' ? { key: false } : {}),
  ]),
)

globalThis.say = (script) => vendors.forEach((vendor) => vendor.use(script))
globalThis.asked = (vendor) => (vendors.get(vendor) as Simulator).requests

globalThis.fetch = async (input, init) => {
  const request = new Request(input, init)
  const { host } = new URL(request.url)
  const vendor = vendors.get(HOSTS[host] ?? '')
  if (!vendor) throw new Error(`The page asks ${host}, which nobody simulates`)
  return vendor(request)
}

/** Default replies of the servers: a tool call, an object or text, as requested. */
function answer({ body }: SimulatedRequest): Reply {
  const { tools, tool_choice } = { ...body, ...body.parameters }
  const messages = body.input?.messages ?? body.messages ?? []
  const mayCall = tool_choice !== 'none' && messages.at(-1)?.role !== 'tool'
  if (tools?.length && mayCall) {
    const { name, parameters } = tools[0].function
    return { toolCalls: [{ name, arguments: invent(parameters) as Record<string, unknown> }] }
  }
  const [first] = messages
  // Where a server has no mode for it, the schema is in the instructions.
  const told = /JSON Schema:\n(.*)$/.exec(first?.role === 'system' ? String(first.content) : '')
  const schema = body.response_format?.json_schema?.schema ?? (told && JSON.parse(told[1] ?? ''))
  return { text: schema ? JSON.stringify(invent(schema)) : 'Hello there, how are you?' }
}

/** Some value that a JSON Schema takes. */
function invent(schema: any): unknown {
  const { type, properties = {}, items = {}, enum: words } = schema ?? {}
  if (words) return words[0]
  if (type === 'object') {
    return Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, invent(one)]))
  }
  if (type === 'array') return [invent(items), invent(items)]
  if (type === 'boolean') return true
  return type === 'number' || type === 'integer' ? 21 : 'Oslo'
}
