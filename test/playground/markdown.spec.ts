import { expect, test } from 'vitest'
import { answered, reload, send, useStage } from './page.ts'

const stage = useStage()

test('renders the same piece by piece as at once', async () => {
  const { page } = stage
  await send(page, 'Show me what you can write')
  const grown = await (await answered(page)).locator('.prose').innerHTML()
  await reload(page)
  const whole = await (await answered(page)).locator('.prose').innerHTML()
  expect(grown).toBe(whole)
  const prose = page.locator('.prose')
  expect(await prose.locator('h3').textContent()).toBe('Streaming, in short')
  expect(await prose.locator('ol > li').count()).toBe(3)
  expect(await prose.locator('td code').first().textContent()).toBe('reasoning_content')
  expect(await prose.locator('.code-head > span').allTextContents()).toEqual(['ts', 'python'])
  expect(await prose.locator('.hljs-keyword').first().textContent()).toBe('import')
})

test('whatever a model writes, nothing runs, nothing is fetched, and nothing is lost', async () => {
  const { page, server } = stage
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
  await send(page, 'Hello')
  const prose = (await answered(page)).locator('.prose')
  const shown = await prose.textContent()
  for (const piece of ['<b>bold</b>', '<script>window.hacked = 1</script>', 'onerror', 'a block']) {
    expect(shown).toContain(piece)
  }
  expect(shown).toContain('<script>window.hacked = 5</script>')
  expect(shown).toContain('☑ done')
  expect(await prose.locator('script, img, [onclick]').count()).toBe(0)
  expect(await prose.getByText('a picture').getAttribute('href')).toBe(
    'https://elsewhere.example/pixel.png',
  )
  expect(await prose.getByText('bad', { exact: true }).getAttribute('href')).toBeNull()
  expect(await prose.getByText('good', { exact: true }).getAttribute('rel')).toContain('noopener')
  expect(await page.evaluate('window.hacked')).toBeUndefined()
  expect(asked.filter((url) => !url.startsWith(server.url))).toEqual([])
})

test('an answer that grows leaves the marked text above alone', async () => {
  const { page, server } = stage
  const text = `A first paragraph.\n\n${'And more words to come. '.repeat(40)}`
  server.vendors.get('dashscope')?.use({ text, delayMs: 5 })
  await send(page, 'Hello')
  const first = page.locator('.prose p').first()
  await page.locator('.prose p').nth(1).waitFor()
  await first.evaluate((element) => getSelection()?.selectAllChildren(element))
  await answered(page)
  expect(await page.evaluate(() => String(getSelection()))).toContain('A first paragraph.')
})

test('copies the code of a block', async () => {
  const { page, server } = stage
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  server.vendors.get('dashscope')?.use('```js\nlet x = 1\n```')
  await send(page, 'Hello')
  await answered(page)
  await page.getByRole('button', { name: 'Copy code' }).click()
  await page.getByText('Copied').waitFor()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('let x = 1')
})
