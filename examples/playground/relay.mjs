// @ts-check
// The way to the real services: each vendor's own wire format, the key put in here and nowhere else.
import { createRelay } from 'chatwire/gateway'
import { LOCAL_SERVERS, VENDORS } from './servers.mjs'

/** @typedef {import('chatwire/gateway').RelayTable} RelayTable */

/**
 * The servers whose key is set, or whose address is, by name.
 * @param {Record<string, string | undefined>} [env]
 * @returns {RelayTable}
 */
export function findServers(env = process.env) {
  const rows = [...VENDORS, ...LOCAL_SERVERS].map(({ name, variables = [], baseURLVariable }) => {
    const apiKey = variables.map((variable) => env[variable]?.trim()).find(Boolean)
    const baseURL = baseURLVariable && env[baseURLVariable]?.trim()
    return {
      name,
      target: { ...(apiKey && { apiKey }), ...(baseURL && { baseURL: toURL(baseURL) }) },
    }
  })
  const isSet = new Set(LOCAL_SERVERS.map(({ name }) => name))
  const found = rows.filter(
    ({ name, target }) => target.apiKey || (isSet.has(name) && target.baseURL),
  )
  return Object.fromEntries(found.map(({ name, target }) => [name, target]))
}

/** Answers `/relay/<server>/…`. @param {RelayTable} servers */
export function createKeyRelay(servers) {
  return createRelay({ servers, authorize: isThisComputer })
}

/** `OLLAMA_HOST` may be without `http://`, and without a port. @param {string} address */
function toURL(address) {
  if (/^https?:/.test(address)) return address
  return /:\d+$/.test(address) ? `http://${address}` : `http://${address}:11434`
}

/**
 * A page elsewhere could have a name of its own point to this computer, and spend the key.
 * @param {Request} request
 */
export function isThisComputer(request) {
  return ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(request.url).hostname)
}
