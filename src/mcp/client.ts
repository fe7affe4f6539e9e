/**
 * The client of the official SDK, as far as it is used. Structural, so that both majors fit and neither is imported.
 * @see https://github.com/modelcontextprotocol/typescript-sdk
 */

/** Progress of a tool call, as the server reports it. */
export interface MCPProgress {
  /** Increases with every report. */
  progress: number
  /** The value at the end, if the server knows it. */
  total?: number | undefined
  /** A description for people. */
  message?: string | undefined
}

/** Hints of the server about a tool. Not to be trusted unless the server is. */
export interface MCPAnnotations {
  /** A name for people. */
  title?: string | undefined
  /** The tool changes nothing. */
  readOnlyHint?: boolean | undefined
  /** The tool may destroy something. */
  destructiveHint?: boolean | undefined
  /** A second call with the same arguments changes nothing more. */
  idempotentHint?: boolean | undefined
  /** The tool reaches beyond the server's own data. */
  openWorldHint?: boolean | undefined
}

/** A tool as a server lists it. */
export interface ListedTool {
  name: string
  title?: string | undefined
  description?: string | undefined
  inputSchema: object
  outputSchema?: object | undefined
  annotations?: MCPAnnotations | undefined
}

/** A connected client of the official SDK. */
export interface MCPClient {
  /** Lists the tools, page by page. */
  listTools(params?: never, options?: never): Promise<unknown>
  /** Calls a tool. */
  callTool(params: never, ...others: never[]): Promise<unknown>
  /** Returns the abilities of the server, or `undefined` before the client is connected. */
  getServerCapabilities(): { tools?: object | undefined } | undefined
  /** Called for notifications without a handler of their own. */
  fallbackNotificationHandler?: ((notification: never) => Promise<void>) | undefined
}

/** Options of a request. */
export interface RequestOptions {
  signal?: AbortSignal | undefined
  timeout?: number | undefined
  resetTimeoutOnProgress?: boolean | undefined
  onprogress?: ((progress: MCPProgress) => void) | undefined
  /** Version 2: a list may come from a cache. */
  cacheMode?: 'refresh' | undefined
}

/** The methods, as they are called. */
export interface AnyClient {
  listTools(
    params: { cursor: string } | undefined,
    options: RequestOptions,
  ): Promise<{ tools: ListedTool[]; nextCursor?: string | undefined }>
  callTool(
    params: { name: string; arguments: Record<string, unknown> },
    ...others: (RequestOptions | undefined)[]
  ): Promise<CallResult>
  /** Version 2: opens a stream of notifications on connections of protocol 2026-07-28. */
  listen?(filter: { toolsListChanged: true }): Promise<{ close(): Promise<void> }>
}

/** The result of a tool call. Version 1 may also return that of an early protocol. */
export interface CallResult {
  content?: Block[] | undefined
  structuredContent?: unknown
  isError?: boolean | undefined
  toolResult?: unknown
}

/** A content block. */
export interface Block {
  type: string
  text?: string | undefined
  data?: string | undefined
  mimeType?: string | undefined
  uri?: string | undefined
  name?: string | undefined
  description?: string | undefined
  resource?:
    | { uri: string; mimeType?: string | undefined; text?: string; blob?: string }
    | undefined
}

/** Maximum number of pages of a list, against a server whose list never ends. */
const MAX_PAGES = 64

/**
 * Lists all tools. Some servers return a cursor after their only page, which leads to the same page: a cursor that
 * repeats is the end, and a name counts once.
 * @see https://github.com/modelcontextprotocol/java-sdk/issues/628
 * @see https://github.com/DeusData/codebase-memory-mcp/issues/1247
 */
export async function listAll(client: AnyClient): Promise<ListedTool[]> {
  const all = new Map<string, ListedTool>()
  let cursor: string | undefined
  for (let page = 0; page < MAX_PAGES; page++) {
    const list = await client.listTools(cursor === undefined ? undefined : { cursor }, {
      cacheMode: 'refresh',
    })
    for (const tool of list.tools) if (!all.has(tool.name)) all.set(tool.name, tool)
    const isEnd = list.nextCursor == null || list.nextCursor === cursor
    if (isEnd) return [...all.values()]
    cursor = list.nextCursor
  }
  throw new Error(`The MCP server's list of tools has more than ${MAX_PAGES} pages`)
}

/** Calls a tool. Version 1 takes a schema before the options. */
export function call(
  client: AnyClient,
  params: Parameters<AnyClient['callTool']>[0],
  options: RequestOptions,
): Promise<CallResult> {
  return client.listen
    ? client.callTool(params, options)
    : client.callTool(params, undefined, options)
}
