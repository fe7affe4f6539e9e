// The way to the real services: each vendor's own wire format, the key put in here and nowhere else.
import { createRelay } from 'chatwire/gateway'
import { VENDORS } from './servers.mjs'

/** The servers whose key is set, by name. */
export function findKeys(env = process.env) {
  const rows = VENDORS.map(({ name, variables = [], baseURLVariable }) => {
    const apiKey = variables.map((variable) => env[variable]?.trim()).find(Boolean)
    const baseURL = baseURLVariable && env[baseURLVariable]?.trim()
    return [name, { apiKey, ...(baseURL && { baseURL }) }]
  })
  return Object.fromEntries(rows.filter(([, { apiKey }]) => apiKey))
}

/** Answers `/relay/<server>/…`. */
export function createKeyRelay(servers) {
  return createRelay({ servers, authorize: isThisComputer })
}

// A page elsewhere could have a name of its own point to this computer, and spend the key.
function isThisComputer(request) {
  return ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(request.url).hostname)
}
