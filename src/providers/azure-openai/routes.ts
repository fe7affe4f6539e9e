/**
 * The routes of an Azure resource that a relay forwards.
 */
import type { RelayRoutes } from '../../wire/relay-routes.ts'

export const AZURE_ROUTES: RelayRoutes = {
  strippableSuffix: /\/openai(\/.*)?$/,
  // Letters, digits and punctuation, but no leading dot: no deployment name escapes its folder.
  calls: [
    /^POST \/openai\/deployments\/(?<model>[\w-][\w.-]*)\/(chat\/)?completions$/,
    /^POST \/openai\/v1\/((chat\/)?completions|responses)$/,
  ],
  keyHeader: 'api-key',
  bearer: /^eyJ/, // a Microsoft Entra token
  query: { 'api-version': /^[\w-]{1,40}$/ },
}
