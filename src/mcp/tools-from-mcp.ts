/**
 * Tools of MCP servers for `runTools`, a conversation and plain chats.
 */
import { ConfigError } from '../errors.ts'
import { isRecord } from '../is-record.ts'
import type { FunctionTool } from '../message.ts'
import { TOOL_PARTS } from '../tools/tool-content.ts'
import type { Tool, ToolContext } from '../tools/tool.ts'
import { checkMembers, duration, func, optional, rule } from '../validation/shape.ts'
import type { AnyClient, ListedTool, MCPAnnotations, MCPClient, MCPProgress } from './client.ts'
import { call, listAll } from './client.ts'
import { limit, toPieces } from './content.ts'

/** Options of `toolsFromMCP`. */
export interface MCPOptions {
  /**
   * Timeout of a tool call in milliseconds, or `false`. Every progress report starts it again; `toolTimeout` of
   * `runTools` limits the call as a whole.
   * @default 60_000
   */
  timeout?: number | false | undefined
  /** Called with the progress that a server reports. */
  onProgress?: ((progress: MCPProgress, tool: MCPTool, context: ToolContext) => unknown) | undefined
  /** Called when the list has changed, or with the error if it could not be read again. */
  onListChanged?: ((tools: MCPTools, error?: unknown) => unknown) | undefined
  /**
   * Maximum length of the text of a result, in characters. The rest is cut.
   * @default 100_000
   */
  maxResultSize?: number | undefined
  /**
   * Maximum size of an image, a sound or a file in a result, in characters of Base64. A larger one is described.
   * @default 10_000_000
   */
  maxMediaSize?: number | undefined
}

/** A tool of an MCP server. */
export interface MCPTool extends Tool<Record<string, unknown>> {
  /** The key of its server, if servers were passed by name. */
  readonly server?: string | undefined
  /** The tool's name at its server. */
  readonly originalName: string
  /** A name for people. */
  readonly title?: string | undefined
  /** The JSON Schema of structured results. The SDK's client validates them. */
  readonly outputSchema?: object | undefined
  /** Hints of the server, such as `readOnlyHint` and `destructiveHint`. */
  readonly annotations: MCPAnnotations
}

/** The tools of one or more servers: an array that follows the servers' lists. */
export type MCPTools = MCPTool[] & {
  /** The tools in the OpenAI format, for a chat whose calls the caller runs. */
  readonly definitions: FunctionTool[]
  /** Reads the lists again. A run that has begun keeps its tools. */
  refresh(): Promise<void>
  /** Stops following the lists. The clients stay connected. */
  close(): Promise<void>
}

const size = optional(
  rule('must be a whole number', (value) => Number.isInteger(value) && (value as number) >= 0),
)

/**
 * Returns the tools of connected MCP clients: of one, of a list, or of an object, whose keys become prefixes of the
 * names. Names are made safe for every vendor, and unique. Results reach the model as text; images, audio and PDFs as
 * message parts where the model takes them in tool results. A result with `isError` is a failed call that the model can
 * correct.
 * @throws {ConfigError} `invalid_config`
 * @example
 * const tools = await toolsFromMCP({ files: client })
 * await runTools(llm, { prompt: 'What is in README.md?', tools })
 */
export async function toolsFromMCP(
  clients: MCPClient | readonly MCPClient[] | Readonly<Record<string, MCPClient>>,
  options: MCPOptions = {},
): Promise<MCPTools> {
  const shapes = {
    timeout: optional(duration),
    onProgress: optional(func),
    onListChanged: optional(func),
    maxResultSize: size,
    maxMediaSize: size,
  }
  checkMembers(shapes, options, 'invalid_config', 'options')
  const servers = serversOf(clients)
  const tools: MCPTool[] = []
  const read = async () => {
    const lists = await Promise.all(servers.map(([, client]) => listOf(client)))
    const taken = new Set<string>()
    const fresh = lists.flatMap((list, index) => {
      const [server, client] = servers[index] as Server
      return list.map((listed) => {
        const name = safeName(server ? `${server}_${listed.name}` : listed.name, taken)
        return createTool(client, listed, { name, server, options })
      })
    })
    tools.splice(0, tools.length, ...fresh)
  }
  // A refresh that comes while another runs waits for it, so that the newest list wins.
  let last = Promise.resolve()
  const refresh = () => (last = last.then(read, read))
  await refresh()
  const list = Object.defineProperties(tools, {
    definitions: { get: () => tools.map(toDefinition) },
    refresh: { value: refresh },
    close: { value: () => Promise.all(closers.map((close) => close())).then(() => {}) },
  }) as MCPTools
  const onChange = () =>
    refresh().then(
      () => options.onListChanged?.(list),
      (error) => options.onListChanged?.(list, error),
    )
  const closers = await Promise.all(servers.map(([, client]) => follow(client, onChange)))
  return list
}

type Server = [name: string | undefined, client: MCPClient]

function serversOf(clients: unknown): Server[] {
  const servers: [string | undefined, unknown][] = Array.isArray(clients)
    ? clients.map((client) => [undefined, client])
    : isRecord(clients) && !isClient(clients)
      ? Object.entries(clients)
      : [[undefined, clients]]
  for (const [name, client] of servers) {
    const where = name === undefined ? '' : ` "${name}"`
    if (!isClient(client)) {
      throw new ConfigError(
        'invalid_config',
        `toolsFromMCP() takes MCP clients, not${where || ' this'}`,
      )
    }
    if (!client.getServerCapabilities()) {
      const problem = `The MCP client${where} is not connected: await client.connect(transport) first`
      throw new ConfigError('invalid_config', problem)
    }
  }
  return servers as Server[]
}

function isClient(value: unknown): value is MCPClient {
  const { listTools, callTool, getServerCapabilities } = (value ?? {}) as Partial<MCPClient>
  return [listTools, callTool, getServerCapabilities].every((one) => typeof one === 'function')
}

async function listOf(client: MCPClient): Promise<ListedTool[]> {
  return client.getServerCapabilities()?.tools ? listAll(client as unknown as AnyClient) : []
}

interface CreateOptions {
  name: string
  server: string | undefined
  options: MCPOptions
}

function createTool(
  client: MCPClient,
  listed: ListedTool,
  { name, server, options }: CreateOptions,
): MCPTool {
  const { maxResultSize = 100_000, maxMediaSize = 10_000_000, timeout = 60_000 } = options
  const tool: MCPTool = {
    name,
    server,
    originalName: listed.name,
    title: listed.title ?? listed.annotations?.title,
    description: listed.description ?? listed.title,
    parameters: listed.inputSchema as never,
    outputSchema: listed.outputSchema,
    annotations: listed.annotations ?? {},
    async execute(args, context) {
      const result = await call(
        client as unknown as AnyClient,
        { name: listed.name, arguments: args },
        {
          signal: context.signal,
          timeout: timeout || 2 ** 31 - 1,
          resetTimeoutOnProgress: true,
          onprogress: (progress) => void options.onProgress?.(progress, tool, context),
        },
      )
      const pieces = limit(toPieces(result), { text: maxResultSize, media: maxMediaSize })
      if (result.isError)
        throw new Error(pieces.map(({ text }) => text).join('\n') || 'no reason given')
      return Object.defineProperty({ ...result }, TOOL_PARTS, { value: pieces })
    },
  }
  return tool
}

function toDefinition({ name, description, parameters }: MCPTool): FunctionTool {
  return { type: 'function', function: { name, description, parameters: parameters as never } }
}

/** Watches a server's list. Returns a function that ends it. */
async function follow(client: MCPClient, onChange: () => unknown): Promise<() => Promise<void>> {
  const earlier = client.fallbackNotificationHandler
  // A handler that was installed after this one keeps calling it.
  let isClosed = false
  const handler = async (notification: { method: string }) => {
    const { method } = notification
    if (!isClosed && method === 'notifications/tools/list_changed') void onChange()
    await earlier?.(notification as never)
  }
  client.fallbackNotificationHandler = handler as never
  // Older connections send the notification unasked, and `listen` rejects.
  const subscription = await Promise.resolve(
    (client as unknown as AnyClient).listen?.({ toolsListChanged: true }),
  ).catch(() => {})
  return async () => {
    isClosed = true
    if (client.fallbackNotificationHandler === (handler as never)) {
      client.fallbackNotificationHandler = earlier
    }
    await subscription?.close()
  }
}

/** Returns a name that every vendor accepts (up to 64 letters, digits, `_` and `-`) and is not yet taken, and takes it. */
function safeName(name: string, taken: Set<string>): string {
  const safe = name.replace(/[^\w-]+/g, '_').slice(0, 64) || 'tool'
  let unique = safe
  for (let count = 2; taken.has(unique); count++) {
    const suffix = `_${count}`
    unique = safe.slice(0, 64 - suffix.length) + suffix
  }
  taken.add(unique)
  return unique
}
