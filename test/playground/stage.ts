/**
 * The playground in Chromium, its local server beside it: what every test here drives.
 */
import type { ConsoleMessage, Locator, Page } from '@playwright/test'
import { test as base, expect } from '@playwright/test'
import type { RelayTable } from '../../examples/playground/relay.mjs'
import { startServer } from '../../examples/playground/server.mjs'

export { expect }

export interface Stage {
  /** What is behind the relay. */
  servers: RelayTable
  /** How fast the simulated models write, as a factor: nobody reads along here. */
  pace: number
  server: Awaited<ReturnType<typeof startServer>>
  /** What the page complained of. A test that means it empties it. */
  complaints: string[]
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
  // oxlint-disable-next-line no-empty-pattern -- Playwright reads from it what a fixture needs
  complaints: async ({}, use) => {
    const complaints: string[] = []
    await use(complaints)
    expect(complaints).toEqual([])
  },
  page: async ({ page, server, complaints }, use) => {
    watch(page, complaints)
    await open(page, server.url)
    await use(page)
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
export function watch(page: Page, complaints: string[]): void {
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message: ConsoleMessage) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
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
  await inSettings(page, (panel) => panel.getByLabel('Where').selectOption(place))
}

/** Types the name of a model in the settings. */
export async function setModel(page: Page, name: string): Promise<void> {
  await inSettings(page, (panel) => panel.getByLabel('Model', { exact: true }).fill(name))
}
