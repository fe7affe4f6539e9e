/**
 * The playground in Chromium, its local server beside it: what every test here drives.
 */
import type { RequestListener } from 'node:http'
import { createServer } from 'node:http'
import type { ConsoleMessage, Locator, Page } from '@playwright/test'
import { test as base, expect } from '@playwright/test'
import type { RelayTable } from '../../examples/playground/relay.mjs'
import { startServer } from '../../examples/playground/server.mjs'
import type { Simulator } from '../../src/testing/simulator.ts'
import { listen } from '../runtimes/upstream.ts'

export { expect }

export interface Stage {
  /** Servers of the relay. */
  servers: RelayTable
  /** Speed factor of the simulated models: tests need no readable pace. */
  pace: number
  server: Awaited<ReturnType<typeof startServer>>
  /** Serves something else beside it, and gives its URL. */
  serve: (listener: RequestListener) => Promise<string>
  /** Console errors that a test expects. Any other fails the test. */
  mayComplain: RegExp[]
}

/** Sets a page up before each test, and sees to it that nothing was complained of. */
export const test = base.extend<Stage>({
  servers: [{}, { option: true }],
  pace: [5, { option: true }],
  server: async ({ servers, pace }, use) => {
    const server = await startServer({ servers, pace })
    await use(server)
    server.close()
  },
  // oxlint-disable-next-line no-empty-pattern -- Playwright reads there what a fixture needs
  serve: async ({}, use) => {
    const closings: (() => void)[] = []
    await use(async (listener) => {
      const { url, close } = await listen(createServer(listener))
      closings.push(close)
      return url
    })
    for (const close of closings) close()
  },
  // oxlint-disable-next-line no-empty-pattern -- as above
  mayComplain: async ({}, use) => {
    await use([])
  },
  page: async ({ page, server, mayComplain }, use) => {
    const complaints = watch(page)
    await open(page, server.url)
    await use(page)
    const isMeant = (said: string) => mayComplain.some((pattern) => pattern.test(said))
    expect(complaints.filter((said) => !isMeant(said))).toEqual([])
  },
})

/** Opens the playground, and waits until it is drawn. */
export async function open(page: Page, url: string): Promise<void> {
  await page.goto(url)
  await expect(page.locator('html')).toHaveAttribute('data-ready')
}

/** The same again. */
export async function reload(page: Page): Promise<void> {
  await open(page, page.url())
}

/** Notes what goes wrong in a page. */
function watch(page: Page): string[] {
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message: ConsoleMessage) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  return complaints
}

/** Chromium's messages for a broken stream, an error status, and a closed port. */
export const BROKEN = /ERR_INCOMPLETE_CHUNKED_ENCODING/
export const REFUSED = /Failed to load resource: the server responded with a status of 4\d\d/
export const UNREACHED = /ERR_CONNECTION_REFUSED/

/** Requests held until the test releases them. */
export function createGate(): { open: () => void; opened: Promise<void> } {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { open, opened }
}

/**
 * Holds the errors of broken answers until the test releases them: when a connection breaks, Chromium drops what the page
 * has not read yet.
 */
export function holdBreaks(vendor: Simulator, released: Promise<void>): void {
  const { handler } = vendor
  const hold = async (request: Request): Promise<Response> => {
    const response = await handler(request)
    const reader = response.body?.getReader()
    if (!reader) return response
    const body = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          try {
            const { value, done } = await reader.read()
            if (done) controller.close()
            else controller.enqueue(value)
          } catch (error) {
            await released
            controller.error(error)
          }
        },
        cancel: (reason) => reader.cancel(reason),
      },
      { highWaterMark: 0 },
    )
    return new Response(body, response)
  }
  Object.assign(vendor, { handler: hold })
}

/** Keeps brief notices visible: a busy machine may check too late. */
export function holdMoments(page: Page): Promise<void> {
  return page.evaluate(() => {
    const start = globalThis.setTimeout
    Object.assign(globalThis, {
      setTimeout: (run: () => void, milliseconds = 0) =>
        milliseconds < 1000 ? start(run, milliseconds) : 0,
    })
  })
}

/** Everything that the page's database holds, as text. */
export function savedText(page: Page): Promise<string> {
  return page.evaluate(
    () =>
      new Promise<string>((resolve) => {
        const opening = indexedDB.open('chatwire-playground')
        opening.addEventListener('success', () => {
          const database = opening.result
          const all = database.transaction('chats').objectStore('chats').getAll()
          all.addEventListener('success', () => {
            database.close()
            resolve(JSON.stringify(all.result))
          })
        })
      }),
  )
}

export function messageField(page: Page): Locator {
  return page.locator('.composer textarea')
}

/** Sends a message as a person does, and waits until it stands in the conversation. */
export async function send(page: Page, text: string): Promise<void> {
  const turns = page.locator('.turn.user')
  const before = await turns.count()
  await messageField(page).fill(text)
  await messageField(page).press('Enter')
  await expect(turns).toHaveCount(before + 1)
}

/** The last answer, once it is over. */
export async function answered(page: Page): Promise<Locator> {
  const answer = page.locator('.turn.assistant').last()
  await expect(answer.locator('.foot .actions')).toBeVisible()
  return answer
}

/** Asks, and gives the whole answer. */
export async function ask(page: Page, text: string): Promise<Locator> {
  await send(page, text)
  return answered(page)
}

/** Opens the settings, does something in there, and closes them. */
export async function inSettings(
  page: Page,
  act: (panel: Locator) => Promise<unknown>,
): Promise<void> {
  await page.locator('.model-button').click()
  await act(page.getByRole('dialog'))
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(0)
}

/** Picks a model in the settings. */
export async function pick(page: Page, place: string): Promise<void> {
  await inSettings(page, (panel) => panel.getByLabel('Source').selectOption(place))
}

/** Types the name of a model in the settings. */
export async function setModel(page: Page, name: string): Promise<void> {
  await inSettings(page, (panel) => panel.getByLabel('Model', { exact: true }).fill(name))
}

/** Returns the middle one of an odd number of values. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number
}
