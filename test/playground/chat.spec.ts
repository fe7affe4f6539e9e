import {
  answered,
  ask,
  createGate,
  expect,
  inSettings,
  messageField,
  pick,
  REFUSED,
  send,
  test,
} from './stage.ts'

test('shows the arguments of a call as they grow', async ({ page, server }) => {
  const call = { name: 'calculator', arguments: { expression: '1 + 1' } }
  const fault = { kind: 'stall', after: 3 } as const
  server.vendors.get('dashscope')?.use({ toolCalls: [call], chunkSize: 4, fault })
  await send(page, 'Sum it up')
  const tool = page.locator('.tool')
  await expect(tool.locator('pre').first()).toHaveText(/^\{"ex[^}]*$/)
  await expect(tool.locator('.tool-status')).toHaveText('running')
  await page.keyboard.press('Escape')
  await answered(page)
  await expect(tool.locator('.tool-status')).toHaveText('not run')
})

test('stops at the button, keeps the words, and lets the server go', async ({ page, server }) => {
  const fault = { kind: 'stall', after: 3 } as const
  server.vendors.get('dashscope')?.use({ pieces: ['One ', 'two ', 'three ', 'four'], fault })
  await send(page, 'Count')
  await expect(page.locator('.prose')).toHaveText('One two three')
  await page.getByRole('button', { name: 'Stop' }).click()
  const answer = await answered(page)
  await expect(answer.locator('.prose')).toHaveText('One two three')
  await expect(answer.locator('.note')).toHaveText('Stopped.')
  const [request] = server.vendors.get('dashscope')?.requests ?? []
  await expect.poll(() => request?.cancelled).toBe(true)
  await expect(page.getByRole('button', { name: 'Send', exact: true })).toBeVisible()
})

test('says what Escape does while it does it, and stops by it before the first word', async ({
  page,
  server,
}) => {
  server.vendors.get('dashscope')?.use({ text: 'Never', fault: { kind: 'stall', after: 0 } })
  await send(page, 'Hello')
  await expect(page.locator('.keys')).toHaveText('Esc to stop')
  await expect(page.locator('.note')).toHaveText('Waiting for the reply…')
  await page.keyboard.press('Escape')
  const answer = await answered(page)
  await expect(answer.locator('.note')).toHaveText('Stopped before anything arrived.')
  await expect(page.locator('.keys')).toHaveText('Enter to send, Shift+Enter for a new line')
})

test('edits a message and sends it again; what followed is gone', async ({ page, server }) => {
  await ask(page, 'First question')
  await ask(page, 'Second question')
  await expect(page.locator('.turn')).toHaveCount(4)
  await page.getByRole('button', { name: 'Edit' }).first().click()
  await page.getByRole('textbox', { name: 'Edit' }).fill('Another question')
  await page.getByRole('button', { name: 'Send again' }).click()
  await expect(page.locator('.bubble')).toHaveText(['Another question'])
  const answer = await answered(page)
  await expect(page.locator('.turn')).toHaveCount(2)
  await answer.locator('summary').click()
  await expect(answer.locator('.thinking-text')).toContainText('“Another question”')
  const sent = server.vendors.get('dashscope')?.requests.at(-1)?.body
  expect(sent.input.messages).toEqual([{ role: 'user', content: 'Another question' }])
})

test('the arrow up in an empty field edits the last message, Escape leaves it as it was', async ({
  page,
}) => {
  await ask(page, 'First question')
  await messageField(page).press('ArrowUp')
  const editor = page.getByRole('textbox', { name: 'Edit' })
  await expect(editor).toHaveValue('First question')
  await expect(editor).toBeFocused()
  await editor.fill('Something else')
  await editor.press('Escape')
  await expect(editor).toHaveCount(0)
  await expect(page.locator('.bubble')).toHaveText(['First question'])
})

test('asks for an answer again, and leaves the question', async ({ page, server }) => {
  server.vendors.get('dashscope')?.use(['One answer', 'Another answer'])
  await ask(page, 'Hello')
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(page.locator('.prose')).toHaveText(['Another answer'])
  await answered(page)
  await expect(page.locator('.bubble')).toHaveText(['Hello'])
  const [first, second] = server.vendors.get('dashscope')?.requests ?? []
  expect(second?.body).toEqual(first?.body)
})

test('says that it tries again by itself, and why', async ({ page, server, mayComplain }) => {
  mayComplain.push(REFUSED)
  const gate = createGate()
  const busy = { error: { status: 429, headers: { 'retry-after-ms': '10' } } }
  const vendor = server.vendors.get('openai')
  vendor?.use(() => (vendor.requests.length > 1 ? gate.opened.then(() => 'Here I am') : busy))
  await pick(page, 'simulated:openai')
  await send(page, 'Hello')
  await expect(page.locator('.note')).toHaveText(
    'Too many requests: wait a moment and try again. Trying again (1)…',
  )
  gate.open()
  await expect((await answered(page)).locator('.prose')).toHaveText('Here I am')
})

test('what a reader has opened and marked stays while the chat goes on', async ({ page }) => {
  const first = await ask(page, 'Tell me a joke')
  await first.locator('summary').click()
  const thinking = page.locator('.thinking-text').first()
  await expect(thinking).toBeVisible()
  await thinking.evaluate((element) => getSelection()?.selectAllChildren(element))
  await messageField(page).evaluate((element: HTMLTextAreaElement) => {
    element.value = 'And another'
    element.dispatchEvent(new InputEvent('input', { bubbles: true }))
    element.form?.requestSubmit()
  })
  await expect(page.locator('.turn')).toHaveCount(4)
  await answered(page)
  await expect(thinking).toBeVisible()
  expect(await page.evaluate(() => String(getSelection()))).toContain('A joke is always welcome.')
})

test('sends the system prompt and the options, and no tools where they are off', async ({
  page,
  server,
}) => {
  await pick(page, 'simulated:openai')
  await inSettings(page, async (panel) => {
    await panel.getByLabel('Model', { exact: true }).fill('gpt-4.1')
    await panel.getByLabel('System prompt').fill('Be brief.')
    await panel.getByLabel('Temperature').fill('0.3')
    await panel.getByLabel('Max tokens').fill('99')
    await panel.getByRole('checkbox').uncheck()
  })
  await ask(page, 'Hello')
  const { body } = server.vendors.get('openai')?.requests.at(-1) ?? {}
  expect(body).toMatchObject({ model: 'gpt-4.1', temperature: 0.3 })
  expect(body.messages[0]).toEqual({ role: 'system', content: 'Be brief.' })
  expect(body.max_completion_tokens ?? body.max_tokens).toBe(99)
  expect(body.tools).toBeUndefined()
})

test('picks a model that is suggested, and says which numbers are out of bounds', async ({
  page,
  server,
}) => {
  await inSettings(page, async (panel) => {
    await panel.getByRole('button', { name: 'qwen-flash' }).click()
    await expect(panel.getByRole('button', { name: 'qwen-flash' })).toHaveAttribute(
      'aria-pressed',
      'true',
    )
    const temperature = panel.getByLabel('Temperature')
    await temperature.fill('7')
    await expect(temperature).toHaveAccessibleDescription('From 0 to 2')
    await expect(temperature).toHaveAttribute('aria-invalid', 'true')
  })
  await ask(page, 'Hello')
  const { body } = server.vendors.get('dashscope')?.requests.at(-1) ?? {}
  expect(body.model).toBe('qwen-flash')
  expect(body.parameters.temperature).toBeUndefined()
})

test('a wrong address shows an error, and nothing is sent', async ({ page }) => {
  await pick(page, 'url')
  await inSettings(page, async (panel) => {
    await panel.getByLabel('Address').fill('not an address')
    await panel.getByLabel('Model', { exact: true }).fill('some-model')
  })
  const asked: string[] = []
  page.on('request', (request) => asked.push(request.url()))
  const answer = await ask(page, 'Hello')
  await expect(answer.locator('.failure strong')).toHaveText(
    'The settings are incomplete or invalid',
  )
  expect(asked).toEqual([])
})
