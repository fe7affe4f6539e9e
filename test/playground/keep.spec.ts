import type { Page } from '@playwright/test'
import {
  answered,
  ask,
  createGate,
  expect,
  holdMoments,
  messageField,
  pick,
  reload,
  savedText,
  send,
  test,
} from './stage.ts'

const newChat = (page: Page) => page.getByRole('button', { name: 'New chat', exact: true })

test('keeps several chats, each with its model, over a reload', async ({ page }) => {
  await ask(page, 'About the sea')
  await newChat(page).click()
  await pick(page, 'simulated:zhipu')
  await ask(page, 'About the hills')
  // A page that is left at once has a moment less to write in.
  await expect.poll(() => savedText(page)).toMatch(/hills.*"state":"done"/)
  await reload(page)
  await expect(page.locator('.chat')).toHaveText(['About the hills', 'About the sea'])
  await expect(page.locator('.bubble')).toHaveText('About the hills')
  await expect(page.locator('.model-name')).toHaveText('glm-4.7')
  await page.getByRole('button', { name: 'About the sea', exact: true }).click()
  await expect(page.locator('.bubble')).toHaveText('About the sea')
  await expect(page.locator('.model-name')).toHaveText('qwen-plus')
  await expect(page).toHaveTitle('About the sea · chatwire')
  await expect(messageField(page)).toBeFocused()
})

test('an answer goes on while another chat is shown', async ({ page, server }) => {
  const gate = createGate()
  const begun = { text: 'It has begun.', toolCalls: [{ name: 'dice', arguments: {} }] }
  const ended = gate.opened.then(() => ({ text: 'It is over.' }))
  const replies = [begun, ended, { text: 'In between.' }]
  server.vendors.get('dashscope')?.use(() => replies.shift() ?? '')
  await send(page, 'A long question')
  await expect(page.locator('.tool-status')).toHaveText('done')
  await newChat(page).click()
  await expect(page.locator('.greeting')).toBeVisible()
  const between = await ask(page, 'A short question')
  await expect(between.locator('.prose')).toHaveText('In between.')
  await expect(page.locator('.chat.pulse')).toHaveText(['A long question'])
  await page.locator('.chat.pulse').click()
  await expect(page.locator('.prose')).toHaveText(['It has begun.'])
  gate.open()
  await answered(page)
  await expect(page.locator('.prose')).toHaveText(['It has begun.', 'It is over.'])
  await expect(page.locator('.chat.pulse')).toHaveCount(0)
})

test('an answer that the page was left in is stopped, its words kept', async ({ page, server }) => {
  const fault = { kind: 'stall', after: 2 } as const
  server.vendors.get('dashscope')?.use({ pieces: ['One ', 'two ', 'three'], fault })
  await send(page, 'Count')
  await expect.poll(() => savedText(page)).toContain('One two')
  await reload(page)
  const answer = await answered(page)
  await expect(answer.locator('.prose')).toHaveText('One two')
  await expect(answer.locator('.note')).toHaveText('Stopped.')
})

test('deletes a chat, and brings it back', async ({ page }) => {
  await holdMoments(page)
  await ask(page, 'About the sea')
  const remove = page.getByRole('button', { name: 'Delete “About the sea”' })
  await remove.click()
  await expect(page.locator('.chat')).toHaveCount(0)
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(page.locator('.chat')).toHaveText(['About the sea'])
  await expect(page.locator('.turn')).toHaveCount(2)
  await remove.click()
  await expect.poll(() => savedText(page)).toBe('[]')
  await reload(page)
  await expect(page.getByText('What would you like to talk about?')).toBeVisible()
  await expect(page.locator('.chat')).toHaveCount(0)
})

test('says once that a chat could not be kept, and goes on', async ({ page }) => {
  await holdMoments(page)
  await page.evaluate(() => {
    IDBObjectStore.prototype.put = () => {
      throw new DOMException('Full', 'QuotaExceededError')
    }
  })
  const answer = await ask(page, 'Tell me a joke')
  await expect(answer.locator('.prose')).toContainText('Why do tokens never get lost?')
  const notice = page.getByRole('status').getByText('The chat could not be saved')
  await expect(notice).toHaveCount(1)
})

test('works where the browser stores nothing at all', async ({ page, context, server }) => {
  await context.addInitScript(() => {
    for (const name of ['indexedDB', 'localStorage']) {
      Object.defineProperty(globalThis, name, {
        get: () => {
          throw new DOMException('Denied', 'SecurityError')
        },
      })
    }
  })
  await page.goto(server.url)
  const answer = await ask(page, 'Tell me a joke')
  await expect(answer.locator('.prose')).toContainText('Why do tokens never get lost?')
  await expect(page.locator('.chat')).toHaveText(['Tell me a joke'])
})
