// MCP over Streamable HTTP and OpenTelemetry, as an app would use them: for every runtime.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { getChatModel, runTools } from 'chatwire'
import { toolsFromMCP } from 'chatwire/mcp'
import { traced } from 'chatwire/otel'
import { simulate } from 'chatwire/testing'

/**
 * @param {string} url of an MCP server
 * @returns the text, what the tool said, and the spans with their parents
 */
export async function run(url) {
  const client = new Client({ name: 'test', version: '1.0.0' })
  await client.connect(new StreamableHTTPClientTransport(new URL(url)))
  const tools = await toolsFromMCP({ remote: client })
  const exporter = new InMemorySpanExporter()
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
  const fetch = simulate('openai', [
    { toolCalls: [{ name: 'remote_weather', arguments: {} }] },
    'Done',
  ])
  const plain = getChatModel({
    model: 'gpt-4o',
    modelServer: 'openai',
    apiKey: 'test',
    fetch,
    dangerouslyAllowBrowser: true,
  })
  const llm = traced(plain, { tracer: provider.getTracer('test') })
  const { text, steps } = await runTools(llm, { prompt: 'Hi', tools, stream: true }).result()
  await provider.forceFlush()
  await tools.close()
  await client.close()
  const spans = exporter.getFinishedSpans()
  const names = new Map(spans.map((span) => [span.spanContext().spanId, span.name]))
  return JSON.stringify({
    text,
    content: steps[0]?.toolResults[0]?.content,
    spans: spans.map((span) => [
      span.name,
      names.get(span.parentSpanContext?.spanId ?? '') ?? null,
    ]),
  })
}

export default {
  /**
   * @param {Request} _request
   * @param {{ MCP_URL: string }} env
   */
  async fetch(_request, env) {
    return new Response(await run(env.MCP_URL))
  },
}
