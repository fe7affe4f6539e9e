/**
 * Replies of the playground's own server: a reload in the middle, a second tab, a stop from there.
 */
import type { Page } from '@playwright/test'
import { answered, createGate, expect, open, pick, reload, savedText, send, test } from './stage.ts'

const BEGUN = { text: 'It has begun.', toolCalls: [{ name: 'dice', arguments: {} }] }

/** An answer with a tool call, whose second half comes when the gate opens. */
function halves(gate: { opened: Promise<void> }) {
  const replies = [BEGUN, gate.opened.then(() => ({ text: 'It is over.' }))]
  return () => replies.shift() ?? 'Asked once too often'
}

async function openSecondTab(page: Page): Promise<Page> {
  const other = await page.context().newPage()
  await open(other, page.url())
  return other
}

test('an answer goes on after a reload in the middle of it', async ({ page, server }) => {
  const gate = createGate()
  const vendor = server.vendors.get('dashscope')
  vendor?.use(halves(gate))
  await pick(page, 'host')
  await send(page, 'A long question')
  await expect(page.locator('.tool-status')).toHaveText('done')
  // A page that is left at once has a moment less to write in.
  await expect.poll(() => savedText(page)).toContain('"replyId"')
  await reload(page)
  await expect(page.locator('.prose')).toHaveText(['It has begun.'])
  await expect(page.locator('.chat.pulse')).toHaveText(['A long question'])
  gate.open()
  await answered(page)
  await expect(page.locator('.prose')).toHaveText(['It has begun.', 'It is over.'])
  await expect(page.locator('.chat.pulse')).toHaveCount(0)
  await expect.poll(() => savedText(page)).toContain('"state":"done"')
  await reload(page)
  await expect(page.locator('.prose')).toHaveText(['It has begun.', 'It is over.'])
  expect(vendor?.requests).toHaveLength(2)
})

test('other tabs show an answer while it grows, opened before or after the question', async ({
  page,
  server,
}) => {
  const gate = createGate()
  const vendor = server.vendors.get('dashscope')
  vendor?.use('Hello')
  await pick(page, 'host')
  await send(page, 'First')
  await answered(page)
  const before = await openSecondTab(page)
  vendor?.use(halves(gate))
  await send(page, 'Second')
  const after = await openSecondTab(page)
  for (const tab of [before, after]) {
    await expect(tab.locator('.bubble')).toHaveText(['First', 'Second'])
    await expect(tab.locator('.prose')).toHaveText(['Hello', 'It has begun.'])
    await expect(tab.getByRole('button', { name: 'Stop' })).toBeVisible()
  }
  // The tab that asked is not needed any more.
  await page.goto('about:blank')
  gate.open()
  for (const tab of [before, after]) {
    await answered(tab)
    await expect(tab.locator('.prose')).toHaveText(['Hello', 'It has begun.', 'It is over.'])
  }
  expect(vendor?.requests).toHaveLength(3)
})

test('a tab that is opening hears of what another writes meanwhile', async ({ page, server }) => {
  const gate = createGate()
  const vendor = server.vendors.get('dashscope')
  vendor?.use('Hello')
  await pick(page, 'host')
  await send(page, 'First')
  await answered(page)
  await expect.poll(() => savedText(page)).toContain('"state":"done"')
  const other = await page.context().newPage()
  const written = createGate()
  await other.route(/markdown/, async (route) => {
    await written.opened
    await route.continue()
  })
  const read = other.waitForRequest(/markdown/) // after the chats were read
  const opened = open(other, page.url())
  await read
  vendor?.use(halves(gate))
  await send(page, 'Second')
  await expect(page.locator('.tool-status')).toHaveText('done')
  await expect.poll(() => savedText(page)).toContain('It has begun.')
  written.open()
  await opened
  await expect(other.locator('.bubble')).toHaveText(['First', 'Second'])
  await expect(other.locator('.prose')).toHaveText(['Hello', 'It has begun.'])
  gate.open()
  await answered(other)
  await expect(other.locator('.prose')).toHaveText(['Hello', 'It has begun.', 'It is over.'])
})

test('a stop from another tab ends the request of the model', async ({ page, server }) => {
  const vendor = server.vendors.get('dashscope')
  vendor?.use({ pieces: ['One ', 'two ', 'three'], fault: { kind: 'stall', after: 2 } })
  await pick(page, 'host')
  await send(page, 'Count')
  await expect(page.locator('.prose')).toHaveText('One two')
  const other = await openSecondTab(page)
  await expect(other.locator('.prose')).toHaveText('One two')
  expect(vendor?.requests[0]?.cancelled).toBe(false)
  await other.getByRole('button', { name: 'Stop' }).click()
  await expect.poll(() => vendor?.requests[0]?.cancelled).toBe(true)
  for (const tab of [page, other]) {
    const answer = await answered(tab)
    await expect(answer.locator('.prose')).toHaveText('One two')
    await expect(answer.locator('.note')).toHaveText('Stopped.')
  }
  await expect.poll(() => savedText(page)).toContain('"state":"stopped"')
  await reload(page)
  await expect(page.locator('.note')).toHaveText('Stopped.')
  expect(vendor?.requests).toHaveLength(1)
})
