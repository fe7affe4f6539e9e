import { answered, ask, expect, holdMoments, reload, send, test } from './stage.ts'

test('renders the same piece by piece as at once', async ({ page }) => {
  const prose = page.locator('.prose')
  await ask(page, 'Show me what you can write')
  await expect(prose.locator('h3')).toHaveText('Streaming, in short')
  await expect(prose.locator('ol > li')).toHaveCount(3)
  await expect(prose.locator('td code').first()).toHaveText('reasoning_content')
  await expect(prose.locator('.code-head > span')).toHaveText(['ts', 'python'])
  await expect(prose.locator('.hljs-keyword').first()).toHaveText('import')
  const grown = await prose.innerHTML()
  await reload(page)
  await answered(page)
  expect(await prose.innerHTML()).toBe(grown)
})

test('whatever a model writes, nothing runs, nothing is fetched, and nothing is lost', async ({
  page,
  server,
}) => {
  const asked: string[] = []
  page.on('request', (request) => asked.push(request.url()))
  const text = [
    'Use <b>bold</b> <script>window.hacked = 1</script> <img src=x onerror="window.hacked = 2">',
    '',
    '<div onclick="window.hacked = 3">a block</div>',
    '',
    '![a picture](https://elsewhere.example/pixel.png) [bad](javascript:window.hacked=4) [good](https://good.example)',
    '',
    '- [x] done',
    '',
    '```html',
    '<script>window.hacked = 5</script>',
    '```',
  ].join('\n')
  server.vendors.get('dashscope')?.use({ text, chunkSize: 3 })
  const prose = (await ask(page, 'Hello')).locator('.prose')
  for (const piece of [
    '<b>bold</b>',
    '<script>window.hacked = 1</script>',
    'onerror',
    'a block',
    '<script>window.hacked = 5</script>',
    '☑ done',
  ]) {
    await expect(prose).toContainText(piece)
  }
  await expect(prose.locator('script, img, [onclick]')).toHaveCount(0)
  const picture = prose.getByText('a picture')
  await expect(picture).toHaveAttribute('href', 'https://elsewhere.example/pixel.png')
  await expect(prose.getByText('bad', { exact: true })).not.toHaveAttribute('href')
  await expect(prose.getByText('good', { exact: true })).toHaveAttribute('rel', /noopener/)
  expect(await page.evaluate('window.hacked')).toBeUndefined()
  expect(asked.filter((url) => !url.startsWith(server.url))).toEqual([])
})

test('an answer that grows leaves the marked text above alone', async ({ page, server }) => {
  const text = `A first paragraph.\n\n${'And more words to come. '.repeat(40)}`
  server.vendors.get('dashscope')?.use({ text, delayMs: 5 })
  await send(page, 'Hello')
  const [first, second] = [page.locator('.prose p').first(), page.locator('.prose p').nth(1)]
  await expect(second).toBeVisible()
  await first.evaluate((element) => getSelection()?.selectAllChildren(element))
  await answered(page)
  expect(await page.evaluate(() => String(getSelection()))).toContain('A first paragraph.')
})

test('copies the code of a block, and an answer as it was written', async ({
  page,
  server,
  context,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText())
  const text = '**Like so:**\n\n```js\nlet x = 1\n```'
  server.vendors.get('dashscope')?.use(text)
  await holdMoments(page)
  await ask(page, 'Hello')
  await page.getByRole('button', { name: 'Copy code' }).click()
  await expect(page.getByText('Copied', { exact: true })).toBeVisible()
  expect(await clipboard()).toBe('let x = 1')
  await page.getByRole('button', { name: 'Copy', exact: true }).click()
  await expect.poll(clipboard).toBe(text)
})

test('copies where the page may not use the clipboard', async ({ page, server, context }) => {
  await page.evaluate(() => {
    navigator.clipboard.writeText = async () => {
      throw new DOMException('Denied', 'NotAllowedError')
    }
  })
  server.vendors.get('dashscope')?.use('```js\nlet x = 1\n```')
  await holdMoments(page)
  await ask(page, 'Hello')
  await page.getByRole('button', { name: 'Copy code' }).click()
  await expect(page.getByText('Copied', { exact: true })).toBeVisible()
  await context.grantPermissions(['clipboard-read'])
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('let x = 1')
})
