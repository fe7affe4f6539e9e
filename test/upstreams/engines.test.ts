/**
 * The real classes of WebLLM and wllama, as far as they go without a GPU or a page: errors before a model is loaded, and
 * types. `test/package/engine.test.ts` runs wllama with a model.
 */
import { MLCEngine } from '@mlc-ai/web-llm'
import { MLCEngine as OldestMLCEngine } from 'web-llm-oldest'
import type { Wllama } from '@wllama/wllama'
import type { Wllama as OldestWllama } from 'wllama-oldest'
import type { Engine } from 'chatwire'
import { EngineLLM } from 'chatwire'
import { describe, expect, test } from 'vitest'

/** wllama needs a page to be created: its types are checked here. */
type Fits<Candidate extends Engine> = Candidate
export type Releases = [Fits<Wllama>, Fits<OldestWllama>]

const WEBLLM = { '0.2.86': MLCEngine, '0.2.79': OldestMLCEngine }

describe.each(Object.entries(WEBLLM))('WebLLM %s', (_version, MLC) => {
  test('without a model is model_not_found', async () => {
    const llm = new EngineLLM({ model: 'any', engine: new MLC() })
    const error = await llm.chat('Hi').catch((error: unknown) => error)
    expect(error).toMatchObject({ name: 'ServiceError', code: 'model_not_found', retryable: false })
  })

  test('does not know the model that it is asked to load', async () => {
    let loads = 0
    const llm = new EngineLLM({
      model: 'nowhere',
      engine: async ({ model }) => {
        loads++
        const engine = new MLC()
        await engine.reload(model)
        return engine
      },
    })
    await expect(llm.chat('Hi')).rejects.toMatchObject({ code: 'model_not_found' })
    await expect(llm.load()).rejects.toMatchObject({ code: 'model_not_found' })
    expect(loads).toBe(2)
  })
})
