// MCP over Streamable HTTP and OpenTelemetry, as an app would use them: for every runtime.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
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
  const info = { name: 'test', version: '1.0.0' }
  const client = new Client(info)
  await client.connect(new StreamableHTTPClientTransport(new URL(url)))
  const earlier = new ClientV1(info)
  await earlier.connect(new TransportV1(new URL(url)))
  const tools = await toolsFromMCP({ remote: client, earlier })
  const exporter = new InMemorySpanExporter()
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
  const fetch = simulate('openai', [
    { toolCalls: ['remote_weather', 'earlier_weather'].map((name) => ({ name, arguments: {} })) },
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
  await earlier.close()
  const spans = exporter.getFinishedSpans()
  const names = new Map(spans.map((span) => [span.spanContext().spanId, span.name]))
  return JSON.stringify({
    text,
    contents: steps[0]?.toolResults.map(({ content }) => content),
    spans: spans
      .map((span) => `${span.name} of ${names.get(span.parentSpanContext?.spanId ?? '')}`)
      .toSorted(), // the two tools run at the same time
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
