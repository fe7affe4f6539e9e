/**
 * Sources of models: simulated, the relay, this computer, and the browser's built-in one.
 */
import type { BaseChatModel, ModelConfig } from 'chatwire'
import { ConfigError, getChatModel } from 'chatwire'
import { LOCAL_SERVERS, SIMULATED, VENDORS } from '../servers.mjs'
import type { Settings } from './chat.ts'

/** Sources that the page's host offers. */
export interface Host {
  simulated: readonly string[]
  relay: readonly string[]
}

export type PlaceKind = 'simulated' | 'relay' | 'local' | 'browser' | 'url'

export interface Place {
  /** `relay:dashscope` */
  id: string
  kind: PlaceKind
  /** The name under which the server is registered. */
  server: string
  label: string
  models: readonly string[]
  /** Where it usually listens, for those that can be elsewhere. */
  url?: string
  thinks?: boolean
}

type Row = (typeof VENDORS)[number]

/** Asked once. A page from a host of static files learns that there is nothing but itself. */
export async function askHost(): Promise<Host> {
  const nothing = { simulated: [], relay: [] }
  try {
    const response = await fetch('servers.json')
    return response.ok ? { ...nothing, ...(await response.json()) } : nothing
  } catch {
    return nothing // offline: the page works from its cache
  }
}

export function placesOf(host: Host): Place[] {
  const vendors = new Map([...LOCAL_SERVERS, ...VENDORS].map((row) => [row.name, row]))
  const rowsOf = (names: readonly string[]) =>
    names.flatMap((name) => vendors.get(name) ?? { name, label: name, models: [] })
  return [
    ...rowsOf(host.relay).map((row) => toPlace('relay', row)),
    ...rowsOf(SIMULATED).map((row) => toPlace('simulated', row)),
    ...LOCAL_SERVERS.map((row) => toPlace('local', row)),
    { id: 'browser', kind: 'browser', server: 'browser', label: '', models: ['built-in'] },
    { id: 'url', kind: 'url', server: 'openai', label: '', models: [], url: '' },
  ]
}

function toPlace(kind: PlaceKind, { name, label, models, url, thinks }: Row): Place {
  return {
    id: `${kind}:${name}`,
    kind,
    server: name,
    label,
    models,
    ...(url && { url }),
    ...(thinks && { thinks }),
  }
}

/** The initial setup of a chat at a source. */
export function settingsAt(place: Place, before?: Settings): Settings {
  return {
    system: before?.system ?? '',
    temperature: before?.temperature,
    topP: before?.topP,
    maxTokens: before?.maxTokens,
    tools: before?.tools ?? true,
    // A simulated model thinks if the real one would, that is, on request.
    reasoning: place.kind === 'simulated' && place.thinks ? 'on' : 'auto',
    place: place.id,
    model: place.models[0] ?? '',
    baseURL: place.url ?? '',
    server: place.server,
  }
}

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
  if (kind === 'local' || kind === 'url') return { baseURL: baseURL.trim() }
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
