/**
 * Sources of models: simulated, the relay, the host of the page, this computer, and the browser's built-in one.
 */
import { LOCAL_SERVERS, SIMULATED, VENDORS } from '../servers.mjs'
import type { Settings } from './chat.ts'
import type { Price } from './prices.ts'
import type { Words } from './words.ts'

/** Sources that the page's host offers. */
export interface Host {
  simulated: readonly string[]
  relay: readonly string[]
  /** Models that the host itself asks, such as `dashscope/qwen-plus`. */
  chat?: readonly string[]
  /** By model. */
  prices?: Readonly<Record<string, Price>>
}

export type PlaceKind = 'simulated' | 'relay' | 'local' | 'browser' | 'gateway' | 'url' | 'host'

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
  const nothing: Host = { simulated: [], relay: [] }
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
    ...(host.chat
      ? [{ id: 'host', kind: 'host', server: '', label: '', models: host.chat } as const]
      : []),
    ...LOCAL_SERVERS.map((row) => toPlace('local', row)),
    { id: 'browser', kind: 'browser', server: 'browser', label: '', models: ['built-in'] },
    { id: 'gateway', kind: 'gateway', server: 'openai', label: '', models: [], url: '' },
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

/** Where a place is listed, and what it is called there. */
export function labelOf({ kind, label }: Place, words: Words): string {
  if (kind === 'browser') return words.browserModel
  if (kind === 'url') return words.otherRelay
  if (kind === 'gateway') return words.gateway
  if (kind === 'host') return words.onHost
  return kind === 'simulated' ? `${label} (${words.simulated})` : label
}
