/**
 * The routes that a relay forwards, by server: exactly those that the built-in providers use. A test runs every
 * provider against this table.
 */
import { ANTHROPIC_ROUTES } from '../providers/anthropic/routes.ts'
import { AZURE_ROUTES } from '../providers/azure-openai/routes.ts'
import { DASHSCOPE_ROUTES } from '../providers/dashscope/routes.ts'
import { GEMINI_ROUTES } from '../providers/gemini/routes.ts'
import { OLLAMA_ROUTES } from '../providers/ollama/routes.ts'
import { openAiLikeRoutes } from '../providers/openai-like/routes.ts'
import { OPENAI_ROUTES } from '../providers/openai/routes.ts'
import { ZHIPU_ROUTES } from '../providers/zhipu/routes.ts'
import type { RelayRoutes, RelayRouteTable } from '../wire/relay-routes.ts'

/** Routes by registered server name. */
export const ROUTES: RelayRouteTable & Record<'dashscope' | 'zhipu', RelayRoutes> = {
  ...openAiLikeRoutes(),
  dashscope: DASHSCOPE_ROUTES,
  zhipu: ZHIPU_ROUTES,
  openai: OPENAI_ROUTES,
  azure_openai: AZURE_ROUTES,
  anthropic: ANTHROPIC_ROUTES,
  gemini: GEMINI_ROUTES,
  ollama: OLLAMA_ROUTES,
}
