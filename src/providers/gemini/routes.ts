/**
 * The routes of the Gemini API that a relay forwards.
 */
import type { RelayRoutes } from '../../wire/relay-routes.ts'

export const GEMINI_ROUTES: RelayRoutes = {
  baseURL: 'https://generativelanguage.googleapis.com/v1beta',
  appendRoot: true,
  calls: [
    /^POST \/(models|tunedModels)\/(?<model>[\w-][\w.-]*):(generateContent|streamGenerateContent)$/,
  ],
  keyHeader: 'x-goog-api-key',
  query: { alt: /^sse$/ },
}
