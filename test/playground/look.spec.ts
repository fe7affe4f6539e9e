import { AxeBuilder } from '@axe-core/playwright'
import { expect, test } from 'vitest'
import { answered, messageField, open, reload, send, useStage } from './page.ts'

const stage = useStage()

/** What is wrong for people who cannot see, or see little, by rule. */
async function findBarriers(): Promise<string[]> {
  // The colours are those of the end of every transition.
  await stage.page.waitForFunction(() =>
    document
      .getAnimations()
      .every((each) => each.playState !== 'running' || each instanceof CSSAnimation),
  )
  const { violations } = await new AxeBuilder({ page: stage.page }).analyze()
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`has no barrier, ${colorScheme}: empty, in use, with its settings, on a narrow screen`, async () => {
    const { page, complaints } = stage
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    expect(await findBarriers()).toEqual([])
    await send(page, 'Show me what you can write')
    await (await answered(page)).locator('summary').click()
    await send(page, 'What time is it in Shanghai? And roll two dice')
    await answered(page)
    await send(page, 'Break off in the middle')
    await answered(page)
    expect(await findBarriers()).toEqual([])
    await page.getByRole('button', { name: 'Edit' }).last().click()
    expect(await findBarriers()).toEqual([])
    await page.getByRole('button', { name: 'Settings' }).click()
    expect(await findBarriers()).toEqual([])
    await page.keyboard.press('Escape')
    await page.setViewportSize({ width: 320, height: 640 })
    expect(await findBarriers()).toEqual([])
    await page.getByRole('button', { name: 'Show chats' }).click()
    expect(await findBarriers()).toEqual([])
    complaints.length = 0 // of the cut
  }, 180_000)
}

test('follows the system, or the theme that is chosen, also after a reload', async () => {
  const { page } = stage
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  await page.emulateMedia({ colorScheme: 'light' })
  const light = await paper()
  await page.emulateMedia({ colorScheme: 'dark' })
  const dark = await paper()
  expect(dark).not.toBe(light)
  await page.getByRole('button', { name: 'Settings' }).click()
  await page.getByLabel('Theme').selectOption('light')
  expect(await paper()).toBe(light)
  await reload(page)
  await messageField(page).waitFor()
  expect(await paper()).toBe(light)
})

test('speaks Chinese, in the settings as they are open, and in the words of its errors', async () => {
  const { page, complaints } = stage
  await page.getByRole('button', { name: 'Settings' }).click()
  await page.getByLabel('Language').selectOption('zh')
  await page.getByRole('dialog', { name: '设置' }).waitFor()
  expect(await page.evaluate('document.documentElement.lang')).toBe('zh-CN')
  await page.getByRole('button', { name: '关闭' }).click()
  await page.getByRole('button', { name: /^故意出错/ }).click()
  await page.getByText('账户余额不足，请充值', { exact: true }).waitFor()
  await send(page, '上海现在几点？')
  const answer = await answered(page)
  expect(await answer.locator('.prose').textContent()).toContain('结果如下')
  expect(await answer.locator('.tool-status').textContent()).toBe('完成')
  await reload(page)
  await page.getByRole('button', { name: '发送' }).waitFor()
  complaints.length = 0 // of the error
})

test('begins in the language of the browser', async () => {
  const context = await stage.browser.newContext({ locale: 'zh-CN' })
  const page = await context.newPage()
  await open(page, stage.server.url)
  await page.getByText('想聊点什么？').waitFor()
  await context.close()
})

test('fits a screen of 320 pixels, whatever is on it', async () => {
  const { page, complaints } = stage
  await page.setViewportSize({ width: 320, height: 568 })
  await reload(page)
  await messageField(page).waitFor()
  expect(await page.locator('.transcript').evaluate((element) => element.scrollTop)).toBe(0)
  await expectNoOverflow()
  await send(page, 'Show me what you can write')
  await answered(page)
  await send(page, `Fail with an error: ${'averylongwordwithoutanyblank'.repeat(8)}`)
  await answered(page)
  await expectNoOverflow()
  await page.getByRole('button', { name: 'Show chats' }).click()
  const chat = page.getByRole('button', { name: 'Show me what you can write', exact: true })
  await chat.waitFor()
  await page.keyboard.press('Escape')
  await expect.poll(() => chat.isVisible()).toBe(false)
  await page.getByRole('button', { name: 'Settings' }).click()
  await expectNoOverflow()
  complaints.length = 0 // of the error

  async function expectNoOverflow() {
    const wide = await page.evaluate(() =>
      [document.documentElement, ...document.querySelectorAll('.transcript, .panel, .panel-body')]
        .filter((element) => element.scrollWidth > element.clientWidth)
        .map((element) => element.className),
    )
    expect(wide).toEqual([])
  }
})

test('works by keyboard alone, and says aloud what happens', async () => {
  const { page } = stage
  expect(await page.evaluate('document.activeElement.getAttribute("aria-label")')).toBe('Message')
  await page.keyboard.type('Tell me')
  await page.keyboard.press('Shift+Enter')
  await page.keyboard.type('a joke')
  await page.keyboard.press('Enter')
  await answered(page)
  expect(await page.locator('.bubble').innerText()).toBe('Tell me\na joke')
  expect(await page.locator('#voice').textContent()).toMatch(
    /^The answer is complete Why do tokens/,
  )
  await page.keyboard.press('Shift+Tab')
  await page.keyboard.press('Shift+Tab')
  expect(await page.evaluate('document.activeElement.textContent')).toBe('Try again')
  await page.keyboard.press('Enter')
  await answered(page)
  expect(await page.locator('.turn').count()).toBe(2)
})

test('Enter that ends a word of an input method sends nothing', async () => {
  const { page } = stage
  await messageField(page).fill('nihao')
  await messageField(page).evaluate((element) => {
    const options = { key: 'Enter', isComposing: true, bubbles: true, cancelable: true }
    element.dispatchEvent(new KeyboardEvent('keydown', options))
  })
  expect(await page.locator('.turn').count()).toBe(0)
})

test('stays where the reader is, and leads back to the end', async () => {
  const { page, server } = stage
  await page.setViewportSize({ width: 900, height: 400 })
  const text = Array.from({ length: 60 }, (_, index) => `Paragraph ${index}`).join('\n\n')
  server.vendors.get('dashscope')?.use({ text, delayMs: 10 })
  await send(page, 'Hello')
  await page.getByText('Paragraph 15', { exact: true }).waitFor()
  const transcript = page.locator('.transcript')
  await transcript.evaluate((element) => element.scrollTo(0, 0))
  await answered(page)
  expect(await transcript.evaluate((element) => element.scrollTop)).toBe(0)
  await page.getByRole('button', { name: 'To the latest' }).click()
  await expect.poll(() => transcript.evaluate((element) => element.scrollTop)).toBeGreaterThan(1000)
})
