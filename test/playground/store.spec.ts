import { readFile } from 'node:fs/promises'
import type { Page } from '@playwright/test'
import { mergeChats } from '../../examples/playground/src/merge-chats.ts'
import type { SavedChat } from '../../examples/playground/src/chat.ts'
import {
  answered,
  ask,
  BROKEN,
  createGate,
  expect,
  inSettings,
  messageField,
  open,
  pick,
  REFUSED,
  reload,
  send,
  test,
} from './stage.ts'

const newChat = (page: Page) => page.getByRole('button', { name: 'New chat', exact: true })

test('keeps versions of answers and questions, and goes from one to another', async ({
  page,
  server,
}) => {
  server.vendors.get('dashscope')?.use(['First', 'Second', 'Third'])
  await ask(page, 'Hello')
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(page.locator('.assistant .versions')).toHaveText('2/2')
  await expect(page.locator('.prose')).toHaveText(['Second'])
  await page.locator('.assistant').getByRole('button', { name: 'Previous version' }).click()
  await expect(page.locator('.prose')).toHaveText(['First'])
  await expect(page.locator('.assistant .versions')).toHaveText('1/2')
  await page.getByRole('button', { name: 'Edit' }).click()
  await page.getByRole('textbox', { name: 'Edit' }).fill('Hi')
  await page.getByRole('button', { name: 'Send again' }).click()
  await expect(page.locator('.prose')).toHaveText(['Third'])
  await answered(page)
  await expect(page.locator('.user .versions')).toHaveText('2/2')
  await reload(page)
  await page.locator('.user').getByRole('button', { name: 'Previous version' }).click()
  await expect(page.locator('.bubble')).toHaveText(['Hello'])
  await expect(page.locator('.prose')).toHaveText(['First'])
})

test('continues a cut answer where it broke off', async ({ page, mayComplain }) => {
  mayComplain.push(BROKEN)
  const answer = await ask(page, 'Tell me a story and stop halfway')
  await expect(answer.locator('.failure')).toBeVisible()
  await answer.getByRole('button', { name: 'Continue' }).click()
  await expect(answer.locator('.prose')).toHaveText(
    /^There once was (?!.*There once was).* is still told\.\s*$/,
  )
  await answered(page)
  await expect(answer.locator('.failure')).toHaveCount(0)
  await expect(page.locator('.turn')).toHaveCount(2)
  await expect(page.getByRole('button', { name: 'Continue' })).toHaveCount(0)
})

test('says once what failed, in the language of the page, the details folded', async ({
  page,
  mayComplain,
  context,
}) => {
  mayComplain.push(REFUSED)
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await pick(page, 'simulated:openai')
  const failure = (await ask(page, 'Fail with an error')).locator('.failure')
  await expect(failure).toHaveText(/^The account is out of credit\.\s+Details/, {
    useInnerText: true,
  })
  await expect(failure.locator('.facts')).toBeHidden()
  await failure.locator('summary').click()
  await expect(failure.locator('.facts')).toContainText('openai · insufficient_quota · HTTP 429')
  await failure.getByRole('button', { name: 'Copy' }).click()
  const copied = () => page.evaluate(() => navigator.clipboard.readText())
  await expect.poll(copied).toContain('You exceeded your current quota')
})

test('two tabs on one chat lose nothing: one shows what the other wrote', async ({
  page,
  context,
  server,
}) => {
  server.vendors.get('dashscope')?.use(({ body }) => `About ${body.input.messages.at(-1).content}`)
  await ask(page, 'one')
  const other = await context.newPage()
  await open(other, page.url())
  await ask(other, 'two')
  await expect(page.locator('.bubble')).toHaveText(['one', 'two'])
  await expect(page.locator('.prose')).toHaveText(['About one', 'About two'])
  await ask(page, 'three')
  await expect(other.locator('.prose')).toHaveText(['About one', 'About two', 'About three'])
})

test('two tabs that ask at once lose nothing: both questions are versions', async ({
  page,
  context,
  server,
}) => {
  const gate = createGate()
  const vendor = server.vendors.get('dashscope')
  const answer = ({ body }: { body: { input: { messages: { content: string }[] } } }) =>
    `About ${body.input.messages.at(-1)?.content}`
  vendor?.use('About one')
  await ask(page, 'one')
  const other = await context.newPage()
  await open(other, page.url())
  vendor?.use((request) => gate.opened.then(() => answer(request)))
  await send(page, 'two')
  await messageField(other).fill('three')
  await messageField(other).press('Enter')
  gate.open()
  await answered(page)
  await answered(other)
  await expect(page.getByText('About two', { exact: true })).toBeVisible()
  await reload(page)
  const seen = new Set<string>()
  for (let round = 0; round < 2; round++) {
    seen.add((await page.locator('.bubble').allTextContents()).join())
    const back = page.getByRole('button', { name: 'Previous version' })
    if ((await back.count()) > 0 && (await back.first().isEnabled())) await back.first().click()
    else if ((await back.count()) > 0)
      await page.getByRole('button', { name: 'Next version' }).first().click()
  }
  expect([...seen].join()).toContain('two')
  expect([...seen].join()).toContain('three')
})

test('joins what two tabs wrote, each message once, however often it is joined', () => {
  const chat = (turns: SavedChat['conversation']['turns'], revision: number) =>
    ({
      id: 'c',
      revision,
      updatedAt: revision,
      facts: {},
      conversation: { version: 1, turns },
    }) as unknown as SavedChat
  const first = { id: 'm1', role: 'user', content: 'one', createdAt: 1 } as const
  const mine = { id: 'm2', parent: 'm1', role: 'user', content: 'mine', createdAt: 2 } as const
  const reply = {
    id: 'm3',
    parent: 'm2',
    role: 'assistant',
    parts: [] as never[],
    createdAt: 2,
  } as const
  const theirs = { id: 'm2', parent: 'm1', role: 'user', content: 'theirs', createdAt: 3 } as const
  const once = mergeChats(chat([first, theirs], 2), chat([first, mine, reply], 1))
  const grown = { ...reply, parts: [{ type: 'text', text: 'Grown' }] } as const
  const twice = mergeChats(once, chat([first, mine, grown] as never, 1))
  expect(twice.conversation.turns.map(({ id, parent, role }) => [id, parent, role])).toEqual([
    ['m1', undefined, 'user'],
    ['m2', 'm1', 'user'],
    ['m3', 'm1', 'user'],
    ['m4', 'm3', 'assistant'],
  ])
  expect(twice.conversation.turns.at(-1)?.parts).toEqual(grown.parts)
})

test('keeps a draft per chat, also over a reload', async ({ page }) => {
  await ask(page, 'About the sea')
  await messageField(page).fill('A draft for the sea')
  await newChat(page).click()
  await expect(messageField(page)).toHaveValue('')
  await messageField(page).fill('A draft for a new chat')
  await page.getByRole('button', { name: 'About the sea', exact: true }).click()
  await expect(messageField(page)).toHaveValue('A draft for the sea')
  await reload(page)
  await expect(messageField(page)).toHaveValue('A draft for the sea')
  await newChat(page).click()
  await expect(messageField(page)).toHaveValue('A draft for a new chat')
})

test('finds, renames, exports and imports chats', async ({ page }) => {
  await ask(page, 'About the sea')
  await newChat(page).click()
  await ask(page, 'About the hills')
  await expect(page.locator('.group-name')).toHaveText(['Today'])
  const search = page.getByRole('searchbox', { name: 'Search chats' })
  await search.fill('sea')
  await expect(page.locator('.chat')).toHaveText(['About the sea'])
  await search.fill('')
  await page.getByRole('button', { name: 'Rename “About the sea”' }).click()
  await page.getByRole('textbox', { name: 'Rename “About the sea”' }).fill('The Pacific')
  await page.keyboard.press('Enter')
  await expect(page.locator('.chat')).toHaveText(['About the hills', 'The Pacific'])
  const downloading = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Export as Markdown' }).click()
  const file = await (await downloading).path()
  const markdown = await readFile(file, 'utf8')
  expect(markdown).toMatch(/^# About the hills\n/)
  expect(markdown).toContain('always come in a **stream**')
  await page.locator('.transfer input').setInputFiles({
    name: 'chat.md',
    mimeType: 'text/markdown',
    buffer: Buffer.from(markdown.replace('About the hills', 'From a file')),
  })
  await expect(page.locator('.chat')).toHaveText(['From a file', 'About the hills', 'The Pacific'])
  await expect(page.locator('.turn')).toHaveCount(2)
  const all = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Export all chats' }).click()
  const { chats } = JSON.parse(await readFile(await (await all).path(), 'utf8'))
  expect(chats).toHaveLength(3)
})

test('each chat has an address, and Back leads to the one before', async ({ page }) => {
  await ask(page, 'About the sea')
  const sea = page.url()
  expect(sea).toContain('?chat=')
  await newChat(page).click()
  await ask(page, 'About the hills')
  await page.goBack()
  await page.goBack()
  await expect(page.locator('.bubble')).toHaveText('About the sea')
  await page.goForward()
  await page.goForward()
  await expect(page.locator('.bubble')).toHaveText('About the hills')
  await open(page, sea)
  await expect(page.locator('.bubble')).toHaveText('About the sea')
})

test('few keys lead anywhere, however many chats there are', async ({ page }) => {
  for (const text of ['About one', 'About two', 'About three']) {
    await newChat(page).click()
    await ask(page, text)
  }
  await page.locator('body').evaluate(() => (document.activeElement as HTMLElement).blur())
  await reload(page)
  const skip = page.getByRole('link', { name: 'Skip to the message field' })
  await skip.focus()
  await page.keyboard.press('Enter')
  await expect(messageField(page)).toBeFocused()
  await page.locator('.chat').first().focus()
  await page.keyboard.press('ArrowDown')
  await expect(page.locator('.chat').nth(1)).toBeFocused()
  await page.keyboard.press('End')
  await page.keyboard.press('Enter')
  await expect(page.locator('.bubble')).toHaveText('About one')
  expect(await page.locator('.chats button:not([tabindex="-1"])').count()).toBe(3)
  await page.keyboard.press('Control+k')
  await expect(page.getByRole('searchbox')).toBeFocused()
  await page.keyboard.press('Control+Shift+O')
  await expect(page.locator('.greeting')).toBeVisible()
  await page.locator('.transcript').focus()
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible()
  await page.keyboard.press('Escape')
  await page.keyboard.press('/')
  await expect(messageField(page)).toBeFocused()
})

test.describe('on a phone', () => {
  test.use({ hasTouch: true, isMobile: true })

  test('Enter breaks the line', async ({ page }) => {
    await messageField(page).fill('one')
    await messageField(page).press('Enter')
    await expect(messageField(page)).toHaveValue('one\n')
    await expect(page.locator('.turn')).toHaveCount(0)
  })
})

test('switches the model at the pill, and folds what tools did', async ({ page, server }) => {
  await page.getByLabel('Switch the model').selectOption('qwen-max')
  const answer = await ask(page, 'Roll two dice')
  expect(server.vendors.get('dashscope')?.requests.at(-1)?.body.model).toBe('qwen-max')
  await expect(answer.locator('.tool-result')).toBeHidden()
  await answer.locator('.tool summary').click()
  await expect(answer.locator('.tool-result')).toBeVisible()
})

test('the time is told in the language of the page', async ({ page }) => {
  await inSettings(page, (panel) =>
    panel
      .getByLabel('Language')
      .selectOption('zh')
      .then(() => {}),
  )
  const answer = await ask(page, '上海现在几点？')
  await expect(answer.locator('.tool-result')).toContainText('星期')
})
