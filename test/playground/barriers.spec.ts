import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { ask, BROKEN, expect, test } from './stage.ts'

/** Returns accessibility violations by rule. */
async function expectNoBarrier(page: Page): Promise<void> {
  // The colours are those of the end of every transition.
  await page.waitForFunction(() =>
    document
      .getAnimations()
      .every((each) => each.playState !== 'running' || each instanceof CSSAnimation),
  )
  const { violations } = await new AxeBuilder({ page }).analyze()
  expect(violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))).toEqual(
    [],
  )
}

/** Everything that an answer can have in it. */
async function fill(page: Page): Promise<void> {
  const answer = await ask(page, 'Show me what you can write')
  await answer.locator('summary').click()
  await ask(page, 'What time is it in Shanghai? And roll two dice')
  await ask(page, 'Break off in the middle')
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`has no barrier, ${colorScheme}: empty, in use, with its settings`, async ({
    page,
    mayComplain,
  }) => {
    mayComplain.push(BROKEN)
    await page.emulateMedia({ colorScheme })
    await expectNoBarrier(page)
    await fill(page)
    await expectNoBarrier(page)
    await page.getByRole('button', { name: 'Settings' }).click()
    await page.getByLabel('Temperature').fill('7')
    await expectNoBarrier(page)
  })
}

test('has no barrier on a narrow screen, with a message edited, with the chats shown', async ({
  page,
  mayComplain,
}) => {
  mayComplain.push(BROKEN)
  await page.setViewportSize({ width: 320, height: 640 })
  await fill(page)
  await page.getByRole('button', { name: 'Edit' }).last().click()
  await expectNoBarrier(page)
  await page.getByRole('button', { name: 'Show chats' }).click()
  await expect(page.locator('.new-chat')).toBeFocused()
  await expectNoBarrier(page)
})
