/**
 * From the settings of a chat to a model. Loaded by the first message.
 */
import type { BaseChatModel, ModelConfig } from 'chatwire'
import { ConfigError, getChatModel } from 'chatwire'
import type { SIMULATED } from '../servers.mjs'
import type { Settings } from './chat.ts'
import type { Host, Place } from './places.ts'

/** Expected languages of the built-in model's output: the browser requires them and knows few. */
export const BUILT_IN = { expectedOutputs: [{ type: 'text', languages: ['en'] }] }

/** @throws {ConfigError} for settings that reach nothing */
export async function createModel(
  settings: Settings,
  place: Place | undefined,
  { host, onDownload }: { host: Host; onDownload?: (progress: number) => void },
): Promise<BaseChatModel> {
  if (!place) throw new ConfigError('invalid_config', `"${settings.place}" is not offered here`)
  const model = settings.model.trim()
  if (!model) throw new ConfigError('invalid_config', 'No model is named')
  const modelServer = place.kind === 'url' ? settings.server : place.server
  const more = place.kind === 'browser' && {
    extraBody: BUILT_IN,
    onDownloadProgress: onDownload,
  }
  return getChatModel({ model, modelServer, ...more, ...(await addressOf(settings, place, host)) })
}

async function addressOf(
  { baseURL }: Settings,
  { kind, server }: Place,
  host: Host,
): Promise<Partial<ModelConfig>> {
  if (kind === 'relay') return { baseURL: here(`relay/${server}`) }
  if (kind === 'local' || kind === 'url' || kind === 'gateway') return { baseURL: baseURL.trim() }
  if (kind === 'browser') return {}
  const address = { baseURL: here(`simulated/${server}`) }
  if (host.simulated.includes(server)) return address
  const { createVendor } = await import('../simulated.mjs')
  return { ...address, fetch: createVendor(server as (typeof SIMULATED)[number]) }
}

/** An address beside the page, wherever that is. */
function here(path: string): string {
  return new URL(path, document.baseURI).pathname
}
