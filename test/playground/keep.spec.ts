import { expect, test } from 'vitest'
import { answered, messageField, pick, reload, send, useStage } from './page.ts'

const stage = useStage()

/** A red square. */
const PIXELS = { width: 40, height: 30 }

test('keeps several chats, each with its model, over a reload', async () => {
  const { page } = stage
  await send(page, 'About the sea')
  await answered(page)
  await page.getByRole('button', { name: 'New chat', exact: true }).first().click()
  await pick(page, 'simulated:zhipu')
  await send(page, 'About the hills')
  await answered(page)
  await reload(page)
  expect(await page.locator('.chat').allTextContents()).toEqual([
    'About the hills',
    'About the sea',
  ])
  expect(await page.locator('.bubble').textContent()).toBe('About the hills')
  expect(await page.locator('.model-name').textContent()).toBe('glm-4.7')
  await page.getByRole('button', { name: 'About the sea', exact: true }).click()
  expect(await page.locator('.bubble').textContent()).toBe('About the sea')
  expect(await page.locator('.model-name').textContent()).toBe('qwen-plus')
  expect(await page.title()).toBe('About the sea · chatwire')
})

test('an answer goes on while another chat is shown', async () => {
  const { page } = stage
  await send(page, 'Show me what you can write')
  await page.locator('.prose').waitFor()
  await page.getByRole('button', { name: 'New chat', exact: true }).first().click()
  await send(page, 'Tell me a joke')
  await answered(page)
  await page.getByRole('button', { name: 'Show me what you can write', exact: true }).click()
  const answer = await answered(page)
  expect(await answer.locator('.code').count()).toBe(2)
})

test('an answer that the page was left in is stopped, its words kept', async () => {
  const { page } = stage
  await send(page, 'Count slowly')
  await page.locator('.prose').getByText('30, 31').waitFor()
  await expect.poll(() => savedText(), { timeout: 5000 }).toContain('10')
  await reload(page)
  const answer = await answered(page)
  expect(await answer.locator('.prose').textContent()).toMatch(/^1, 2, 3/)
  expect(await answer.locator('.note').textContent()).toBe('Stopped.')

  function savedText() {
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
})

test('deletes a chat, and brings it back', async () => {
  const { page } = stage
  await send(page, 'About the sea')
  await answered(page)
  await page.getByRole('button', { name: 'Delete “About the sea”' }).click()
  expect(await page.locator('.chat').count()).toBe(0)
  await page.getByRole('button', { name: 'Undo' }).click()
  expect(await page.locator('.chat').allTextContents()).toEqual(['About the sea'])
  await page.getByRole('button', { name: 'Delete “About the sea”' }).click()
  await reload(page)
  await page.getByText('What shall we talk about?').waitFor()
  expect(await page.locator('.chat').count()).toBe(0)
})

for (const way of ['paste', 'drop'] as const) {
  test(`sends pictures by ${way}, after a look at them`, async () => {
    const { page, server } = stage
    await pick(page, 'simulated:openai')
    await messageField(page).evaluate(giveImage, { way, ...PIXELS })
    const thumbnail = page.locator('.thumbnails img')
    await thumbnail.waitFor()
    expect(await thumbnail.getAttribute('src')).toMatch(/^data:image\/png;base64,/)
    await send(page, 'What is this?')
    const answer = await answered(page)
    expect(await answer.locator('.prose').textContent()).toContain('I see one picture.')
    expect(await page.locator('.bubble img').count()).toBe(1)
    expect(await thumbnail.count()).toBe(0)
    const { body } = server.vendors.get('openai')?.requests.at(-1) ?? {}
    const parts = body.messages.at(-1).content
    expect(parts.map(({ type }: { type: string }) => type)).toEqual(['image_url', 'text'])
    expect(parts[0].image_url.url).toMatch(/^data:image\/png;base64,/)
  })
}

test('scales big pictures down, and takes one away again', async () => {
  const { page } = stage
  await messageField(page).evaluate(giveImage, { way: 'paste', width: 4000, height: 1000 })
  const thumbnail = page.locator('.thumbnails img')
  await thumbnail.waitFor()
  const size = await thumbnail.evaluate((element) => {
    const { naturalWidth, naturalHeight } = element as HTMLImageElement
    return [naturalWidth, naturalHeight]
  })
  expect(size).toEqual([1568, 392])
  await page.getByRole('button', { name: 'Remove picture 1' }).click()
  expect(await thumbnail.count()).toBe(0)
})

test('says that a file is no picture', async () => {
  const { page } = stage
  await page.evaluate(() => {
    const data = new DataTransfer()
    data.items.add(new File(['text'], 'notes.txt', { type: 'text/plain' }))
    document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true }))
  })
  await page.getByText('Only pictures can be added').waitFor()
})

/** As the browser would hand a picture over; runs in the page. */
async function giveImage(
  element: Element,
  { way, width, height }: { way: string; width: number; height: number },
): Promise<void> {
  const canvas = new OffscreenCanvas(width, height)
  const context = canvas.getContext('2d')
  context?.fillRect(0, 0, width, height)
  const data = new DataTransfer()
  data.items.add(new File([await canvas.convertToBlob()], 'square.png', { type: 'image/png' }))
  const event =
    way === 'paste'
      ? new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })
      : new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true })
  element.dispatchEvent(event)
}
