/**
 * OpenAI's models at Microsoft Azure.
 * @see https://learn.microsoft.com/azure/ai-services/openai/reference
 */
import { ConfigError } from '../errors.ts'
import { readEnv } from '../env.ts'
import type { ModelConfig } from '../options.ts'
import type { OpenAiServer } from './openai.ts'
import { endpoint, OpenAiLLM } from './openai.ts'

/** What Azure takes beyond the common config. */
export interface AzureConfig extends ModelConfig {
  /**
   * A dated version (`2024-10-21`) asks the classic endpoint of a deployment; absent or `preview`: the v1 endpoint.
   * Also read from `OPENAI_API_VERSION`.
   */
  apiVersion?: string | undefined
  /**
   * How the key is sent: `key` in Azure's own header, `bearer` for a token of Entra.
   * @default 'bearer' for a token (it starts with `eyJ`), else 'key'
   */
  auth?: 'key' | 'bearer' | undefined
}

/**
 * A deployment at Azure; `model` is the deployment's name, `baseURL` the resource (`https://name.openai.azure.com`).
 * Key: `AZURE_OPENAI_API_KEY`; address: `AZURE_OPENAI_ENDPOINT`.
 * @throws {ConfigError} `invalid_config` without an address
 */
export class AzureOpenAiLLM extends OpenAiLLM {
  static override readonly configMembers: readonly string[] = ['apiVersion', 'auth']
  static override readonly server: OpenAiServer = {
    baseURL: '',
    baseURLVariables: ['AZURE_OPENAI_ENDPOINT'],
    keyVariables: ['AZURE_OPENAI_API_KEY'],
    maxTokens: 'max_completion_tokens',
    developerRole: true,
    stopLimit: 4,
    refused: ['topK', 'repetitionPenalty', 'search'],
    reasoning: 'effort',
    rawPrompt: true,
    toolCallId: { pattern: /^.{1,40}$/, length: 40 },
    refusedParts: ['video_url'],
  }

  constructor(config: AzureConfig) {
    super(config)
    if (!this.baseURL) {
      throw new ConfigError(
        'invalid_config',
        'No address for "azure_openai": pass `baseURL` (https://name.openai.azure.com) or set AZURE_OPENAI_ENDPOINT',
        { provider: this.provider },
      )
    }
  }

  protected override url(path: string): string {
    const version = this.#version
    const resource = (this.baseURL.split('?', 1)[0] as string)
      .replace(/\/+$/, '')
      .replace(/\/openai(\/.*)?$/, '')
    if (/^\d{4}-/.test(version)) {
      const deployment = encodeURIComponent(this.model)
      return endpoint(`${resource}/openai/deployments/${deployment}?api-version=${version}`, path)
    }
    return endpoint(`${resource}/openai/v1${version ? `?api-version=${version}` : ''}`, path)
  }

  protected override keyHeaders(key: string): Record<string, string> {
    const { auth = key.startsWith('eyJ') ? 'bearer' : 'key' } = this.config as AzureConfig
    return auth === 'bearer' ? { authorization: `Bearer ${key}` } : { 'api-key': key }
  }

  get #version(): string {
    const pasted = /[?&]api-version=([^&#]+)/.exec(this.baseURL)?.[1]
    return (
      (this.config as AzureConfig).apiVersion ??
      pasted ??
      readEnv(['OPENAI_API_VERSION'], this.config.env) ??
      ''
    )
  }
}
