import type { Page } from '@playwright/test'
import {
  answered,
  ask,
  createGate,
  expect,
  holdMoments,
  inSettings,
  messageField,
  REFUSED,
  reload,
  send,
  test,
} from './stage.ts'

test('follows the system, or the theme that is chosen, also after a reload', async ({ page }) => {
  const body = page.locator('body')
  const [light, dark] = ['rgb(253, 252, 250)', 'rgb(23, 24, 27)']
  await page.emulateMedia({ colorScheme: 'light' })
  await expect(body).toHaveCSS('background-color', light)
  await page.emulateMedia({ colorScheme: 'dark' })
  await expect(body).toHaveCSS('background-color', dark)
  await inSettings(page, (panel) => panel.getByLabel('Theme').selectOption('light'))
  await expect(body).toHaveCSS('background-color', light)
  await reload(page)
  await expect(body).toHaveCSS('background-color', light)
})

test('speaks Chinese, in the settings as they are open, and in the words of its errors', async ({
  page,
  mayComplain,
}) => {
  mayComplain.push(REFUSED)
  await page.getByRole('button', { name: 'Settings' }).click()
  await page.getByLabel('Language').selectOption('zh')
  await expect(page.getByRole('dialog', { name: '设置' })).toBeVisible()
  await expect(page.locator('html')).toHaveAttribute('lang', 'zh-CN')
  await page.getByRole('button', { name: '关闭' }).click()
  await page.getByRole('button', { name: /^模拟一次报错/ }).click()
  await expect(page.getByText('账户余额不足，请充值', { exact: true })).toBeVisible()
  await answered(page)
  const answer = await ask(page, '上海现在几点？')
  await expect(answer.locator('.prose')).toContainText('结果如下')
  await expect(answer.locator('.tool-status')).toHaveText('完成')
  await reload(page)
  await expect(page.getByRole('button', { name: '发送' })).toBeVisible()
})

test.describe('a browser that speaks Chinese', () => {
  test.use({ locale: 'zh-CN' })

  test('begins in its language', async ({ page }) => {
    await expect(page.getByText('想聊点什么？')).toBeVisible()
    const untold = await page
      .locator('button:not([title])')
      .evaluateAll((buttons) =>
        buttons.map(({ textContent }) => textContent).filter((text) => /^[A-Za-z ]+$/.test(text)),
      )
    expect(untold).toEqual([])
  })
})

/** Only what is meant to scroll sideways may be wider than its place. */
async function expectNoOverflow(page: Page): Promise<void> {
  const parts = 'html, .transcript, .panel, .panel-body, .sidebar'
  await expect
    .poll(() =>
      page
        .locator(parts)
        .evaluateAll((elements) =>
          elements
            .filter((element) => element.scrollWidth > element.clientWidth)
            .map((element) => element.className),
        ),
    )
    .toEqual([])
}

test('fits a screen of 320 pixels, whatever is on it', async ({ page, mayComplain }) => {
  mayComplain.push(REFUSED)
  await page.setViewportSize({ width: 320, height: 568 })
  await reload(page)
  await expect(page.locator('.transcript')).toHaveJSProperty('scrollTop', 0)
  await expectNoOverflow(page)
  await ask(page, 'Show me what you can write')
  await ask(page, `Fail with an error: ${'averylongwordwithoutanyblank'.repeat(8)}`)
  await expectNoOverflow(page)
  await page.getByRole('button', { name: 'Show chats' }).click()
  const chat = page.getByRole('button', { name: 'Show me what you can write', exact: true })
  await expect(chat).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(chat).toBeHidden()
  await expect(page.getByRole('button', { name: 'Show chats' })).toBeFocused()
  await page.getByRole('button', { name: 'Settings' }).click()
  await expectNoOverflow(page)
})

test('long code and wide tables scroll by themselves on a narrow screen', async ({
  page,
  server,
}) => {
  await page.setViewportSize({ width: 320, height: 568 })
  const cells = Array.from({ length: 12 }, (_, index) => `column ${index}`)
  const row = (values: string[]) => `| ${values.join(' | ')} |`
  const table = [row(cells), row(cells.map(() => '---')), row(cells)].join('\n')
  const code = `\`\`\`js\nconst long = '${'x'.repeat(200)}'\n\`\`\``
  server.vendors.get('dashscope')?.use(`${table}\n\n${code}`)
  await ask(page, 'Hello')
  await expectNoOverflow(page)
  for (const part of ['.table-frame', '.code pre']) {
    const wide = page.locator(part)
    await wide.focus()
    await page.keyboard.press('ArrowRight')
    await expect.poll(() => wide.evaluate(({ scrollLeft }) => scrollLeft)).toBeGreaterThan(0)
  }
})

test('what is written from right to left stands so', async ({ page, server }) => {
  server.vendors.get('dashscope')?.use('مرحبا بالعالم\n\n- واحد\n- اثنان\n\nHello\n\n`let x`')
  await ask(page, 'שלום עולם')
  await expect(page.locator('.bubble p')).toHaveCSS('direction', 'rtl')
  await expect(page.locator('.prose > p').first()).toHaveCSS('direction', 'rtl')
  await expect(page.locator('.prose > ul')).toHaveCSS('direction', 'rtl')
  await expect(page.locator('.prose > p', { hasText: 'Hello' })).toHaveCSS('direction', 'ltr')
  await messageField(page).fill('שלום')
  await expect(messageField(page)).toHaveCSS('direction', 'rtl')
})

test('works by keyboard alone, and says aloud what happens', async ({ page }) => {
  await holdMoments(page)
  await expect(messageField(page)).toBeFocused()
  await page.keyboard.type('Tell me')
  await page.keyboard.press('Shift+Enter')
  await page.keyboard.type('a joke')
  await page.keyboard.press('Enter')
  await answered(page)
  await expect(page.locator('.bubble')).toHaveText('Tell me\na joke', { useInnerText: true })
  const voice = page.locator('#voice')
  await expect(voice).toHaveText(/^The answer is complete Why do tokens/)
  await page.keyboard.press('Shift+Tab')
  await page.keyboard.press('Shift+Tab')
  const again = page.getByRole('button', { name: 'Try again' })
  await expect(again).toBeFocused()
  await expect(again).toHaveCSS('outline-style', 'solid')
  const first = await page.locator('.turn.assistant').elementHandle()
  await page.keyboard.press('Enter')
  await expect.poll(() => first?.evaluate((element) => element.isConnected)).toBe(false)
  await answered(page)
  await expect(page.locator('.turn')).toHaveCount(2)
  // What had the focus is gone: it is where one goes on.
  await expect(messageField(page)).toBeFocused()
})

test('a screen reader hears an answer once, not every piece of it', async ({ page }) => {
  await page.evaluate(() => {
    const heard: string[] = []
    Object.assign(globalThis, { heard })
    const live = document.querySelectorAll('[aria-live], [role=status], [role=log], [role=alert]')
    const note = (records: MutationRecord[]) => {
      for (const { addedNodes } of records)
        for (const node of addedNodes) heard.push(node.textContent ?? '')
    }
    for (const element of live)
      new MutationObserver(note).observe(element, { childList: true, subtree: true })
  })
  await ask(page, 'Show me what you can write')
  const heard = () => page.evaluate(() => (globalThis as unknown as { heard: string[] }).heard)
  await expect.poll(async () => (await heard()).length).toBe(2)
  const [begun, whole] = await heard()
  expect(begun).toBe('The model is answering')
  expect(whole).toMatch(/^The answer is complete Streaming, in short/)
  expect(whole).not.toContain('**')
  expect(whole).not.toContain('Copy code')
})

test('Enter that ends a word of an input method sends nothing', async ({ page }) => {
  await messageField(page).fill('nihao')
  await messageField(page).evaluate((element) => {
    const options = { key: 'Enter', isComposing: true, bubbles: true, cancelable: true }
    element.dispatchEvent(new KeyboardEvent('keydown', options))
  })
  await expect(page.locator('.turn')).toHaveCount(0)
  await expect(messageField(page)).toHaveValue('nihao')
})

test('nothing jumps while an answer comes and ends', async ({ page }) => {
  await page.evaluate(() => {
    const shifts: number[] = []
    Object.assign(globalThis, { shifts })
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries())
        shifts.push((entry as PerformanceEntry & { value: number }).value)
    }).observe({ type: 'layout-shift' })
  })
  await ask(page, 'What time is it in Shanghai? And roll two dice')
  const shifts = await page.evaluate(() => (globalThis as unknown as { shifts: number[] }).shifts)
  // What counts as good for a whole visit of a page is 0.1.
  expect(shifts.reduce((sum, shift) => sum + shift, 0)).toBeLessThan(0.02)
})

test('stays where the reader is, and leads back to the end', async ({ page, server }) => {
  await page.setViewportSize({ width: 900, height: 400 })
  const paragraphs = (from: number) =>
    Array.from({ length: 30 }, (_, index) => `Paragraph ${from + index}`).join('\n\n')
  const gate = createGate()
  const call = { name: 'dice', arguments: {} }
  const [first, second] = [{ text: paragraphs(0), toolCalls: [call] }, { text: paragraphs(30) }]
  const vendor = server.vendors.get('dashscope')
  vendor?.use(() => (vendor.requests.length > 1 ? gate.opened.then(() => second) : first))
  await send(page, 'Hello')
  await expect(page.locator('.tool-status')).toBeInViewport()
  await expect(page.locator('.tool-status')).toHaveText('done')
  // A touch of the wheel is enough: nothing pulls the reader back.
  const transcript = page.locator('.transcript')
  const scrollTop = () => transcript.evaluate((element) => element.scrollTop)
  const end = await scrollTop()
  await transcript.hover()
  await page.mouse.wheel(0, -30)
  await expect.poll(scrollTop).toBe(end - 30)
  gate.open()
  await answered(page)
  expect(await scrollTop()).toBe(end - 30)
  const toEnd = page.getByRole('button', { name: 'Scroll to bottom' })
  await toEnd.click()
  await expect(page.getByText('Paragraph 59', { exact: true })).toBeInViewport()
  await expect(toEnd).toBeHidden()
})
