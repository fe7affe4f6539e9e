import { SIMULATED } from '../../examples/playground/servers.mjs'
import { dropFile, givePicture } from './give-files.ts'
import {
  answered,
  ask,
  expect,
  holdMoments,
  messageField,
  pick,
  send,
  setModel,
  test,
} from './stage.ts'

/** Where the first model of a server has no eyes, one that has. */
const SEEING: Record<string, string> = { dashscope: 'qwen3-vl-plus', zhipu: 'glm-4.6v' }

for (const way of ['paste', 'drop'] as const) {
  test(`sends pictures by ${way}, after a look at them`, async ({ page, server }) => {
    await pick(page, 'simulated:openai')
    await givePicture(messageField(page), way)
    const thumbnail = page.locator('.thumbnails img')
    await expect(thumbnail).toHaveAttribute('src', /^data:image\/png;base64,/)
    const answer = await ask(page, 'What is this?')
    await expect(answer.locator('.prose')).toContainText('I see one picture.')
    await expect(page.locator('.bubble img')).toHaveCount(1)
    await expect(thumbnail).toHaveCount(0)
    const { body } = server.vendors.get('openai')?.requests.at(-1) ?? {}
    const parts = body.messages.at(-1).content
    expect(parts.map(({ type }: { type: string }) => type)).toEqual(['image_url', 'text'])
    expect(parts[0].image_url.url).toMatch(/^data:image\/png;base64,/)
  })
}

test('a message that is sent at once takes along the picture that is still read', async ({
  page,
}) => {
  await pick(page, 'simulated:openai')
  await givePicture(messageField(page), 'paste', { width: 3000, height: 2000 })
  await send(page, 'What is this?')
  await expect(page.locator('.bubble img')).toHaveCount(1)
  await expect((await answered(page)).locator('.prose')).toContainText('I see one picture.')
})

test('every wire format takes pictures', async ({ page }) => {
  for (const [index, vendor] of SIMULATED.entries()) {
    await pick(page, `simulated:${vendor}`)
    const model = SEEING[vendor]
    if (model) await setModel(page, model)
    await givePicture(messageField(page), 'paste')
    await expect(page.locator('.thumbnails img')).toHaveCount(1)
    const answer = await ask(page, `Number ${index}`)
    await expect(answer.locator('.prose')).toContainText('I see one picture.')
  }
})

test('scales big pictures down, and takes one away again', async ({ page }) => {
  await givePicture(messageField(page), 'paste', { width: 4000, height: 1000 })
  const thumbnail = page.locator('.thumbnails img')
  await expect(thumbnail).toHaveJSProperty('naturalWidth', 1568)
  await expect(thumbnail).toHaveJSProperty('naturalHeight', 392)
  await page.getByRole('button', { name: 'Remove image 1' }).click()
  await expect(thumbnail).toHaveCount(0)
  await expect(messageField(page)).toBeFocused()
})

test('reports a file that is not an image, even if it claims to be one', async ({ page }) => {
  await holdMoments(page)
  const notice = page.getByRole('status').getByText('Only images can be added')
  await dropFile(page.locator('body'), { name: 'notes.txt', type: 'text/plain', text: 'text' })
  await expect(notice).toBeVisible()
  await dropFile(page.locator('body'), { name: 'fake.png', type: 'image/png', text: 'text' })
  await expect(notice).toBeVisible()
  await expect(page.locator('.thumbnails img')).toHaveCount(0)
})
