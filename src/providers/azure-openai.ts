/**
 * OpenAI models on Microsoft Azure.
 * @see https://learn.microsoft.com/azure/ai-services/openai/reference
 * @module chatwire/providers/azure-openai
 */
import { ConfigError } from '../errors.ts'
import { readEnv } from '../env.ts'
import type { ModelConfig } from '../options.ts'
import { endpoint } from '../wire/openai/endpoint.ts'
import type { OpenAiServer } from './openai.ts'
import { OpenAiLLM } from './openai.ts'

/** Config properties of Azure. */
export interface AzureConfig extends ModelConfig {
  /**
   * A dated version (`2024-10-21`) selects the classic endpoint of a deployment. Without it, or with `preview`:
   * the v1 endpoint. Also read from `OPENAI_API_VERSION`.
   */
  apiVersion?: string | undefined
  /**
   * Form in which the key is sent: `key` in Azure's own header, `bearer` for a Microsoft Entra token.
   * @default 'bearer' for a token (starts with `eyJ`), else 'key'
   */
  auth?: 'key' | 'bearer' | undefined
}

/**
 * A deployment on Azure. `model` is the deployment's name, `baseURL` the resource
 * (`https://name.openai.azure.com`). Key: `AZURE_OPENAI_API_KEY`; URL: `AZURE_OPENAI_ENDPOINT`.
 * @throws {ConfigError} `invalid_config` without a URL; `missing_api_key`, `browser_key`, `unsupported_option`
 * @see https://learn.microsoft.com/azure/ai-services/openai/reference
 */
export class AzureOpenAiLLM extends OpenAiLLM {
  static override readonly serverName: string = 'azure_openai'
  static override readonly configMembers: readonly string[] = [
    ...OpenAiLLM.configMembers,
    'apiVersion',
    'auth',
  ]
  static override readonly server: OpenAiServer = {
    baseURL: '',
    hosts: ['openai.azure.com', 'services.ai.azure.com', 'cognitiveservices.azure.com'],
    baseURLVariables: ['AZURE_OPENAI_ENDPOINT'],
    keyVariables: ['AZURE_OPENAI_API_KEY'],
    schemaDialect: 'azure',
    maxTokens: 'max_completion_tokens',
    developerRole: true,
    stopLimit: 4,
    unsupportedOptions: ['topK', 'repetitionPenalty', 'search'],
    reasoningStyle: 'effort',
    rawPrompt: true,
    toolCallId: { pattern: /^.{1,40}$/, length: 40 },
    needsResults: true,
    unsupportedParts: ['video_url', 'video'],
    dataOnlyParts: ['input_audio', 'file'],
  }

  constructor(config: AzureConfig) {
    super(config)
    if (config.auth !== undefined && config.auth !== 'key' && config.auth !== 'bearer') {
      throw new ConfigError('invalid_config', 'config.auth must be "key" or "bearer"')
    }
    if (config.apiVersion !== undefined && typeof config.apiVersion !== 'string') {
      throw new ConfigError('invalid_config', 'config.apiVersion must be a string')
    }
    if (!this.baseURL) {
      throw new ConfigError(
        'invalid_config',
        'No base URL for "azure_openai": pass `baseURL` (https://name.openai.azure.com) or set AZURE_OPENAI_ENDPOINT',
        { provider: this.provider },
      )
    }
  }

  protected override url(path: string): string {
    const version = this.#version
    const place = this.baseURL.split(/[?#]/, 1)[0] as string
    const resource = place.replace(/\/+$/, '').replace(/\/openai(\/.*)?$/, '')
    if (/^\d{4}-/.test(version)) {
      // A pasted endpoint contains its deployment.
      const pasted = /\/deployments\/([^/]+)/.exec(place)?.[1]
      const deployment = pasted ?? encodeURIComponent(this.model)
      return endpoint(`${resource}/openai/deployments/${deployment}?api-version=${version}`, path)
    }
    return endpoint(`${resource}/openai/v1${version ? `?api-version=${version}` : ''}`, path)
  }

  protected override keyHeaders(key: string): Record<string, string> {
    const { auth = key.startsWith('eyJ') ? 'bearer' : 'key' } = this.config as AzureConfig
    return auth === 'bearer' ? { authorization: `Bearer ${key}` } : { 'api-key': key }
  }

  get #version(): string {
    const { baseURL } = this
    const told =
      (this.config as AzureConfig).apiVersion ?? /[?&]api-version=([^&#]+)/.exec(baseURL)?.[1]
    if (told !== undefined) return told
    // A variable meant for the classic endpoint does not apply to a v1 URL.
    if (/\/openai\/v1(\/|$)/.test(baseURL)) return ''
    return readEnv(['OPENAI_API_VERSION'], this.config.env) ?? ''
  }
}
