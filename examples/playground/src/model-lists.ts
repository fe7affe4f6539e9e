/**
 * Lists the models of local servers, and checks the browser's built-in model.
 */
import type { BrowserLLM, OllamaLLM } from 'chatwire'
import { getChatModel } from 'chatwire'
import type { Settings } from './chat.ts'
import { BUILT_IN, createModel } from './models.ts'
import type { Host, Place } from './places.ts'

/** Returns whether a source can list its models. */
export function hasList({ kind, server }: Place): boolean {
  return kind === 'local' || kind === 'gateway' || (kind === 'relay' && server === 'ollama')
}

/** The names of the models that a server has. Rejects where it cannot be asked. */
export async function listModels(
  settings: Settings,
  place: Place,
  { host, signal }: { host: Host; signal: AbortSignal },
): Promise<string[]> {
  if (place.server === 'ollama') {
    const llm = await createModel({ ...settings, model: 'any' }, place, { host })
    const models = await (llm as OllamaLLM).listModels({ signal })
    return models.map(({ name }) => name)
  }
  // Of the OpenAI format; chatwire itself has no list, since a chat needs none.
  const response = await fetch(`${settings.baseURL.trim().replace(/\/+$/, '')}/models`, { signal })
  const { data } = (await response.json()) as { data: { id: string }[] }
  return data.map(({ id }) => id)
}

/** Returns the state of the browser's built-in model: `available`, `downloadable`, … */
export function askBrowserModel(): ReturnType<BrowserLLM['availability']> {
  const llm = getChatModel({ model: 'built-in', modelServer: 'browser', extraBody: BUILT_IN })
  return (llm as BrowserLLM).availability()
}
