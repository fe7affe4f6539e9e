/**
 * Entry for MCP (Model Context Protocol): tools of MCP servers. Takes clients of the official TypeScript SDK, of major
 * version 1 (`@modelcontextprotocol/sdk`) or 2 (`@modelcontextprotocol/client`).
 * @module chatwire/mcp
 */
export type { MCPAnnotations, MCPClient, MCPProgress } from './mcp/client.ts'
export type { MCPOptions, MCPTool, MCPTools } from './mcp/tools-from-mcp.ts'
export { toolsFromMCP } from './mcp/tools-from-mcp.ts'
