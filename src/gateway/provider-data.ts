/**
 * Makes vendor data in messages (thinking signatures, reasoning items) opaque to callers: encrypted, so that it
 * identifies no vendor, and authenticated, so that callers cannot forge it.
 */
import { toBase64URL } from '../bytes-to-text.ts'
import { dropUndefined } from '../drop-undefined.ts'
import { isRecord } from '../is-record.ts'
import type { ChatResult } from '../event.ts'
import type { MessageInput } from '../message.ts'
import type { ChatRequest } from '../options.ts'

/** The secret, or a function that reads it from the environment. */
export type GatewaySecret<Env> = string | ((env: Env) => string)

/** Prefix of sealed texts; the number is the version of the format. */
const PREFIX = 'cw1.'
const NONCE_BYTES = 12

export class ProviderDataSealer<Env> {
  #secret: GatewaySecret<Env> | undefined
  #keys = new Map<string, Promise<CryptoKey>>()

  /** @param secret by default random, so that only this instance can open what it sealed */
  constructor(secret: GatewaySecret<Env> | undefined) {
    this.#secret = secret
  }

  /** Replaces the fields with one opaque text. Reasoning, speech and pictures are for the caller and are kept. */
  async seal(fields: Record<string, unknown>, env: Env): Promise<Record<string, unknown>> {
    const { reasoning_content, audio, images, ...hidden } = fields
    const open = dropUndefined({ reasoning_content, audio, images })
    if (Object.keys(hidden).length === 0) return open
    return { ...open, provider_data: await this.sealText(hidden, env) }
  }

  /** Returns members of a message as one opaque text. */
  async sealText(fields: Record<string, unknown>, env: Env): Promise<string> {
    const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES))
    const text = new TextEncoder().encode(JSON.stringify(fields))
    const algorithm = { name: 'AES-GCM', iv: nonce }
    const sealed = await crypto.subtle.encrypt(algorithm, await this.#key(env), text)
    // Nonces are 12 bytes, 16 characters without padding, so the two texts can be joined.
    return PREFIX + toBase64URL(nonce) + toBase64URL(new Uint8Array(sealed))
  }

  /** Seals the vendor's fields in the message of a result. */
  async sealResult(result: ChatResult, env: Env): Promise<ChatResult> {
    const { role, content, tool_calls: toolCalls, ...fields } = result.message
    const own = { role, content, ...(toolCalls && { tool_calls: toolCalls }) }
    const message = { ...own, ...(await this.seal(fields, env)) } as typeof result.message
    return { ...result, message }
  }

  /** Opens sealed data. Drops a text that this gateway did not seal. */
  async openMessages(chat: ChatRequest, env: Env): Promise<ChatRequest> {
    const { messages = [] } = chat
    if (!messages.some(hasProviderData)) return chat
    const opened = messages.map((message) =>
      hasProviderData(message) ? this.#openMessage(message, env) : Promise.resolve(message),
    )
    return { ...chat, messages: await Promise.all(opened) }
  }

  async #openMessage(message: MessageInput, env: Env): Promise<MessageInput> {
    const { provider_data: sealed, ...rest } = message as MessageInput & { provider_data: unknown }
    const texts = (Array.isArray(sealed) ? sealed : [sealed]) as unknown[]
    const opened = await Promise.all(texts.map((text) => this.#open(text, env)))
    const whole: Record<string, unknown> = { ...rest }
    let reasoning = ''
    for (const { reasoning_content: piece, ...fields } of opened) {
      if (typeof piece === 'string') reasoning += piece
      Object.assign(whole, fields)
    }
    if (reasoning) whole.reasoning_content = reasoning
    return whole as unknown as MessageInput
  }

  async #open(text: unknown, env: Env): Promise<Record<string, unknown>> {
    if (typeof text !== 'string' || !text.startsWith(PREFIX)) return {}
    try {
      const bytes = fromBase64URL(text.slice(PREFIX.length))
      const algorithm = { name: 'AES-GCM', iv: bytes.slice(0, NONCE_BYTES) }
      const sealed = bytes.slice(NONCE_BYTES)
      const opened = await crypto.subtle.decrypt(algorithm, await this.#key(env), sealed)
      const value: unknown = JSON.parse(new TextDecoder().decode(opened))
      return isRecord(value) ? value : {}
    } catch {
      return {} // forged, or sealed with another secret
    }
  }

  #key(env: Env): Promise<CryptoKey> {
    // Not in the constructor: workerd provides no random values outside of a request.
    this.#secret ??= crypto.randomUUID() + crypto.randomUUID()
    const secret = typeof this.#secret === 'function' ? this.#secret(env) : this.#secret
    const key = this.#keys.get(secret) ?? deriveKey(secret)
    this.#keys.set(secret, key)
    return key
  }
}

function hasProviderData(message: MessageInput): boolean {
  return 'provider_data' in message
}

async function deriveKey(secret: string): Promise<CryptoKey> {
  const bytes = new TextEncoder().encode(`chatwire provider_data ${secret}`)
  const digest = await crypto.subtle.digest('SHA-256', bytes)
  return crypto.subtle.importKey('raw', digest, 'AES-GCM', false, ['encrypt', 'decrypt'])
}

function fromBase64URL(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, (character) => character.charCodeAt(0))
}
