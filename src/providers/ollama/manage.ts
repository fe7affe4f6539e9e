/**
 * Requests that are not chats: listing and downloading models.
 */
import type { Call } from '../../call.ts'
import { redactError } from '../../redact.ts'
import { createCall } from '../../chat/create-call.ts'
import { isChatError } from '../../errors.ts'
import type { OllamaModel, PullOptions } from './pull.ts'
import { decodeModels, watchPull } from './pull.ts'
import type { Settings } from './send.ts'
import { send } from './send.ts'

/** Idle timeout of a download, in milliseconds: large files are verified without any output. */
const PULL_SILENCE = 600_000

/** The model that a request is about. */
export interface ManagedModel extends Settings {
  model: string
}

/** Lists the models on the server. */
export function listModels(
  model: ManagedModel,
  { signal }: Pick<PullOptions, 'signal'>,
): Promise<OllamaModel[]> {
  return manage(model, signal, async (call) =>
    decodeModels(await send(model, '/api/tags', { method: 'get' }, call), call),
  )
}

/** Downloads the model to the server. */
export function pullModel(model: ManagedModel, { onProgress, signal }: PullOptions): Promise<void> {
  return manage(model, signal, async (call) => {
    const body = { model: model.model, stream: true }
    await watchPull(await send(model, '/api/pull', { body }, call), call, onProgress)
  })
}

/** Sends a request with the same error handling as a chat. */
async function manage<T>(
  { config, provider, model }: ManagedModel,
  signal: AbortSignal = new AbortController().signal,
  ask: (call: Call) => Promise<T>,
): Promise<T> {
  const { idleTimeout = PULL_SILENCE } = config
  const call = createCall(
    {
      config: { ...config, idleTimeout },
      provider,
      model,
      request: { messages: [], options: {}, stream: true },
      rawPrompt: undefined,
    },
    signal,
  )
  try {
    return await ask(call)
  } catch (error) {
    if (isChatError(error)) {
      error.provider ??= provider
      redactError(error, call.secrets)
    }
    throw error
  }
}
