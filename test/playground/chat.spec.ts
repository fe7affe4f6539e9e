import { expect, test } from 'vitest'
import { answered, messageField, pick, send, useStage } from './page.ts'

const stage = useStage()

for (const vendor of ['dashscope', 'zhipu', 'openai', 'anthropic'] as const) {
  test(`chats in the wire format of ${vendor}, its thinking folded away`, async () => {
    const { page, server } = stage
    await pick(page, `simulated:${vendor}`)
    await send(page, 'Tell me a joke')
    const answer = await answered(page)
    expect(await answer.locator('.prose').innerHTML()).toBe(
      '<p>Why do tokens never get lost? Because they always come in a <strong>stream</strong>.</p>\n',
    )
    expect(await answer.locator('.facts').textContent()).toMatch(
      /^first token [\d.]+ s · [\d.]+ s in all · \d+ \+ \d+ tokens · \d+ of them thinking$/,
    )
    const thinking = answer.locator('.thinking-text')
    expect(await thinking.isVisible()).toBe(false)
    await answer.locator('summary').click()
    expect(await thinking.textContent()).toContain('They say “Tell me a joke”')
    expect(server.vendors.get(vendor)?.requests).toHaveLength(1)
  })

  test(`runs tools in the page for ${vendor}`, async () => {
    const { page } = stage
    await pick(page, `simulated:${vendor}`)
    await send(page, 'What is 12 * (3 + 4)? And roll two dice.')
    const answer = await answered(page)
    const [dice, calculator] = await answer.locator('.tool').all()
    expect(await calculator?.locator('pre').allTextContents()).toEqual([
      '{"expression":"12 * (3 + 4)"}',
      '12 * (3 + 4) = 84',
    ])
    expect(await calculator?.locator('.tool-status').textContent()).toBe('done')
    expect(await dice?.locator('.tool-result').textContent()).toMatch(/^[1-6] \+ [1-6] = \d+$/)
    expect(await answer.locator('.prose li').last().textContent()).toBe('12 * (3 + 4) = 84')
  })

  test(`keeps what had arrived of an answer that ${vendor} cut`, async () => {
    const { page, server, complaints } = stage
    await pick(page, `simulated:${vendor}`)
    await send(page, 'Break off in the middle')
    const answer = await answered(page)
    expect(await answer.locator('.prose').textContent()).toMatch(/^There once was a stream that/)
    const failure = answer.locator('.failure')
    expect(await failure.textContent()).toContain(
      'The connection broke in the middle of the answer. What had arrived is kept above.',
    )
    expect(await failure.locator('.facts').textContent()).toContain(`${vendor} · connection_lost`)
    // The next call is told what had arrived.
    await send(page, 'Tell me a joke')
    await answered(page)
    const sent = JSON.stringify(server.vendors.get(vendor)?.requests.at(-1)?.body)
    expect(sent).toContain('There once was a stream that')
    // Chromium says of a broken connection what it thinks of it.
    expect(complaints.splice(0)).toEqual([expect.stringContaining('ERR_INCOMPLETE_CHUNKED')])
  })

  test(`tells an error of ${vendor} in words, and tries again`, async () => {
    const { page, server, complaints } = stage
    await pick(page, `simulated:${vendor}`)
    await send(page, 'Fail with an error')
    const answer = await answered(page)
    expect(await answer.locator('.failure strong').textContent()).toBe(
      'The account is empty: it has to be topped up',
    )
    expect(await answer.locator('.failure .facts').textContent()).toContain('insufficient_quota')
    expect(await answer.locator('.prose').count()).toBe(0)
    server.vendors.get(vendor)?.use('Here I am again')
    await answer.getByRole('button', { name: 'Try again' }).click()
    await page.locator('.prose', { hasText: 'Here I am again' }).waitFor()
    expect(await page.locator('.turn').count()).toBe(2)
    expect(complaints.splice(0).join()).toMatch(/^Failed to load resource.*4\d\d[^,]*$/)
  })
}

test('shows the arguments of a call as they grow', async () => {
  const { page, server } = stage
  const args = { expression: '1 + 1' }
  const call = { name: 'calculator', arguments: args }
  const fault = { kind: 'stall', after: 3 } as const
  server.vendors.get('dashscope')?.use({ toolCalls: [call], chunkSize: 4, fault })
  await send(page, 'Sum it up')
  const shown = page.locator('.tool pre').first()
  await expect.poll(() => shown.textContent()).toMatch(/^\{"ex/)
  expect(await shown.textContent()).not.toContain('}')
  expect(await page.locator('.tool-status').textContent()).toBe('running')
  await page.keyboard.press('Escape')
  await answered(page)
  expect(await page.locator('.tool-status').textContent()).toBe('not run')
})

test('stops at the button, keeps the words, and lets the server go', async () => {
  const { page, server } = stage
  await send(page, 'Count slowly')
  await page.locator('.prose').getByText('1, 2, 3').waitFor()
  await page.getByRole('button', { name: 'Stop' }).click()
  const answer = await answered(page)
  const text = await answer.locator('.prose').textContent()
  expect(text).toMatch(/^1, 2, 3/)
  expect(text).not.toContain('500')
  expect(await answer.locator('.note').textContent()).toBe('Stopped.')
  const [request] = server.vendors.get('dashscope')?.requests ?? []
  await expect.poll(() => request?.cancelled).toBe(true)
  expect(await page.getByRole('button', { name: 'Send', exact: true }).count()).toBe(1)
})

test('edits a message and sends it again; what followed is gone', async () => {
  const { page, server } = stage
  await send(page, 'First question')
  await answered(page)
  await send(page, 'Second question')
  await answered(page)
  expect(await page.locator('.turn').count()).toBe(4)
  await page.getByRole('button', { name: 'Edit' }).first().click()
  await page.getByRole('textbox', { name: 'Edit' }).fill('Another question')
  await page.getByRole('button', { name: 'Send again' }).click()
  const answer = await answered(page)
  await answer.locator('summary').click()
  expect(await answer.locator('.thinking-text').textContent()).toContain('“Another question”')
  expect(await page.locator('.bubble').allTextContents()).toEqual(['Another question'])
  const sent = server.vendors.get('dashscope')?.requests.at(-1)?.body
  expect(sent.input.messages).toEqual([{ role: 'user', content: 'Another question' }])
})

test('the arrow up in an empty field edits the last message', async () => {
  const { page } = stage
  await send(page, 'First question')
  await answered(page)
  await messageField(page).press('ArrowUp')
  const editor = page.getByRole('textbox', { name: 'Edit' })
  expect(await editor.inputValue()).toBe('First question')
  await editor.press('Escape')
  expect(await editor.count()).toBe(0)
})

test('sends the system prompt and the options, and no tools where they are off', async () => {
  const { page, server } = stage
  await pick(page, 'simulated:openai')
  await page.getByRole('button', { name: 'Settings' }).click()
  await page.getByLabel('Model', { exact: true }).fill('gpt-4.1')
  await page.getByLabel('System prompt').fill('Be brief.')
  await page.getByLabel('Temperature').fill('0.3')
  await page.getByLabel('Max tokens').fill('99')
  await page.getByRole('checkbox').uncheck()
  await page.getByRole('button', { name: 'Close' }).click()
  await send(page, 'Hello')
  await answered(page)
  const { body } = server.vendors.get('openai')?.requests.at(-1) ?? {}
  expect(body).toMatchObject({ model: 'gpt-4.1', temperature: 0.3 })
  expect(body.messages[0]).toEqual({ role: 'system', content: 'Be brief.' })
  expect(body.max_completion_tokens ?? body.max_tokens).toBe(99)
  expect(body.tools).toBeUndefined()
})

test('a wrong place is told in words, without anything being sent', async () => {
  const { page } = stage
  await pick(page, 'url')
  await page.locator('.model-button').click()
  await page.getByLabel('Address').fill('not an address')
  await page.getByLabel('Model', { exact: true }).fill('some-model')
  await page.keyboard.press('Escape')
  await send(page, 'Hello')
  const answer = await answered(page)
  expect(await answer.locator('.failure strong').textContent()).not.toBe('')
})
