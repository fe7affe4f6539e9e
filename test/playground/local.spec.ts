import type { Page } from '@playwright/test'
import { simulate } from 'chatwire/testing'
import { toListener } from '../../examples/node-server/listener.mjs'
import { ask, expect, inSettings, send, test, UNREACHED } from './stage.ts'

/** Whatever listens on this computer, a test asks only what it serves itself. */
test.beforeEach(async ({ page }) => {
  await page.route('http://localhost:*/**', (route) => route.abort('connectionrefused'))
})

const LISTS = {
  'local:ollama': {
    vendor: 'ollama',
    path: '',
    models: ['gemma3:4b', 'qwen3:8b'],
  },
  'local:vllm-server': {
    vendor: 'openai',
    path: '/v1',
    models: ['Qwen/Qwen3-8B', 'my/own-model'],
  },
} as const

for (const [place, { vendor, path, models }] of Object.entries(LISTS)) {
  test(`finds the models of ${place} at its address, and asks one`, async ({
    page,
    mayComplain,
    serve,
  }) => {
    mayComplain.push(UNREACHED)
    const model = simulate(vendor, 'From here', { key: false, cors: true, models })
    const local = await serve(toListener(model.handler))
    await inSettings(page, async (panel) => {
      await panel.getByLabel('Source').selectOption(place)
      await expect(panel.getByText('The server cannot be reached')).toBeVisible()
      await panel.getByLabel('Address').fill(local + path)
      await panel.getByLabel('Address').press('Tab')
      await expect(panel.getByText('Connected: 2 models.')).toBeVisible()
      await expect(panel.locator('.chip')).toHaveText(models)
      await panel.getByRole('button', { name: models[1] }).click()
      await expect(panel.getByLabel('Model', { exact: true })).toHaveValue(models[1])
    })
    await expect(page.locator('.model-name')).toHaveText(models[1])
    const answer = await ask(page, 'Where are you?')
    await expect(answer.locator('.prose')).toHaveText('From here')
    expect(model.requests.at(-1)?.body.model).toBe(models[1])
  })
}

test('an unreachable server shows an error with the way out', async ({ page, mayComplain }) => {
  mayComplain.push(UNREACHED)
  await inSettings(page, (panel) => panel.getByLabel('Source').selectOption('local:ollama'))
  const answer = await ask(page, 'Hello')
  await expect(answer.locator('.failure strong')).toHaveText('The server cannot be reached')
  await expect(answer.locator('.failure')).toContainText('OLLAMA_ORIGINS')
})

/** A browser with a model of its own, in the given state. */
async function putModel(page: Page, state: string): Promise<void> {
  await page.addInitScript((state) => {
    const session = {
      promptStreaming: () =>
        new ReadableStream({
          start(controller) {
            controller.enqueue('From the browser')
            controller.close()
          },
        }),
      destroy() {},
    }
    Object.assign(globalThis, {
      LanguageModel: {
        availability: async () => state,
        create: ({ monitor }: { monitor: (target: EventTarget) => void }) => {
          const target = new EventTarget()
          monitor(target)
          const event = new ProgressEvent('downloadprogress', { loaded: 0.42, total: 1 })
          target.dispatchEvent(event)
          return new Promise((resolve) => {
            Object.assign(globalThis, { finishDownload: () => resolve(session) })
          })
        },
      },
    })
  }, state)
  await page.reload()
}

test('shows how the download of the browser’s own model goes on, then its answer', async ({
  page,
}) => {
  await putModel(page, 'downloadable')
  await inSettings(page, async (panel) => {
    await panel.getByLabel('Source').selectOption('browser')
    await expect(panel.getByText('The model downloads before the first answer.')).toBeVisible()
  })
  await send(page, 'Where are you?')
  await expect(page.locator('.note')).toHaveText('The browser is downloading the model: 42 %')
  await expect(page.getByRole('progressbar')).toHaveAttribute('value', '0.42')
  await page.evaluate('finishDownload()')
  await expect(page.locator('.prose')).toHaveText('From the browser')
  await expect(page.locator('.note')).toBeEmpty()
})

test('says where the browser has no model of its own', async ({ page }) => {
  await putModel(page, 'unavailable')
  await inSettings(page, async (panel) => {
    await panel.getByLabel('Source').selectOption('browser')
    await expect(panel.getByText('This browser has no built-in model')).toBeVisible()
  })
  const answer = await ask(page, 'Where are you?')
  await expect(answer.locator('.failure')).toContainText('No built-in model')
})
