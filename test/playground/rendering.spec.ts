import type { Locator, Page } from '@playwright/test'
import { answered, ask, createGate, expect, median, send, test } from './stage.ts'

/** The text on the page, formulas as their sources. */
function writtenText(page: Page): Promise<string> {
  return page
    .locator('.prose')
    .last()
    .evaluate((prose) => {
      const copy = prose.cloneNode(true) as HTMLElement
      for (const formula of copy.querySelectorAll('math'))
        formula.replaceWith(formula.querySelector('annotation')?.textContent ?? '')
      return copy.textContent
    })
}

test('typesets math in all four notations, in a line and by itself', async ({ page, server }) => {
  const text = [
    'In a line $e^{i\\pi} + 1 = 0$ and \\(a_1 < b\\).',
    '',
    '$$',
    '\\frac{a}{b}',
    '',
    '= c',
    '$$',
    '',
    '\\[ \\sum_{n=1}^\\infty \\frac1{n^2} \\]',
    '',
    '- in a list: $x*y*z$',
  ].join('\n')
  server.vendors.get('dashscope')?.use({ text, chunkSize: 3 })
  await ask(page, 'Hello')
  const math = page.locator('.prose math')
  await expect(math).toHaveCount(5)
  await expect(page.locator('.prose .math-display math mfrac')).toHaveCount(2)
  await expect(page.locator('.prose li math')).toHaveCount(1)
  await expect(page.locator('.prose em')).toHaveCount(0)
  const sizes = await math.evaluateAll((all) =>
    all.map((each) => each.getBoundingClientRect().width),
  )
  for (const width of sizes) expect(width).toBeGreaterThan(10)
})

test('prices, variables and code stay text', async ({ page, server }) => {
  const lines = [
    'It costs $5 and $6, or US$5/US$6; between $5 and 10$ it is.',
    'Set $HOME and $PATH, or $HOME/$PATH. `$x$` is code.',
    'From $5–$6, $1,000 or $2.50/$3.',
    '\\$a\\$ is escaped.',
  ]
  server.vendors.get('dashscope')?.use({ text: lines.join('\n\n'), chunkSize: 2 })
  await ask(page, 'Hello')
  await expect(page.locator('.prose math')).toHaveCount(0)
  await expect(page.locator('.prose > p')).toHaveText([
    lines[0] ?? '',
    'Set $HOME and $PATH, or $HOME/$PATH. $x$ is code.',
    lines[2] ?? '',
    '$a$ is escaped.',
  ])
})

test('loses no character of a formula that is under way, or that nobody can read', async ({
  page,
  server,
}) => {
  const begun = [
    'Hence $a_1 \\{ b_2 \\\\ c',
    'Hence \\(a_1 \\{ b',
    'Hence \\[ a \\\\ b_1 * c_2 * d',
    'So:\n\n$$\na \\\\ b\n\n\\{ c',
    'So:\n\n\\[\na \\\\ b\n\n\\{ c',
  ]
  for (const text of begun) {
    const gate = createGate()
    server.vendors
      .get('dashscope')
      ?.use({ text, chunkSize: 400, fault: { kind: 'stall', after: 1 } })
    await send(page, 'Hello')
    const squeeze = (given: string) => given.replaceAll(/\s+/g, '')
    await expect.poll(async () => squeeze(await writtenText(page))).toBe(squeeze(text))
    gate.open()
    await page.keyboard.press('Escape')
    await answered(page)
  }
  server.vendors
    .get('dashscope')
    ?.use('Wrong: $\\frac{a$ and $\\nosuchcommand{x}$, then \\( alone.')
  await ask(page, 'Hello')
  await expect(page.locator('.prose').last()).toHaveText(
    'Wrong: $\\frac{a$ and $\\nosuchcommand{x}$, then \\( alone.',
  )
})

test('aligns tables, lowers and raises, breaks lines', async ({ page, server }) => {
  const table = '| a | b | c |\n| :-- | :-: | --: |\n| 1 | 2 | 3 |'
  server.vendors
    .get('dashscope')
    ?.use(`${table}\n\nH<sub>2</sub>O, x<sup>2</sup>, one<br>two<br/>three <b>x</b>`)
  const prose = (await ask(page, 'Hello')).locator('.prose')
  for (const [index, align] of ['start', 'center', 'right'].entries())
    await expect(prose.locator('td').nth(index)).toHaveCSS('text-align', align)
  await expect(prose.locator('sub')).toHaveText('2')
  await expect(prose.locator('sup')).toHaveCSS('vertical-align', 'super')
  await expect(prose.locator('p')).toHaveText('H2O, x2, one\ntwo\nthree <b>x</b>', {
    useInnerText: true,
  })
})

interface TraceEvent {
  name: string
  cat: string
  ph: string
  pid: number
  tid: number
  /** CPU time, in microseconds: other work on the machine does not count. */
  tdur?: number
  ts: number
  dur?: number
  args: { name?: string; chrome_mojo_event_info?: { mojo_interface_tag?: string } }
}

/**
 * CPU time of the page's longest task while `act` goes on, in milliseconds. V8's major collections are left out: they
 * take about 30 ms here, in whatever task or pause they begin.
 */
async function longestTask(page: Page, act: () => Promise<unknown>): Promise<number> {
  const browser = page.context().browser()
  await browser?.startTracing(page, { categories: ['toplevel', 'devtools.timeline', '__metadata'] })
  await act()
  const trace = await browser?.stopTracing()
  const { traceEvents } = JSON.parse(String(trace)) as { traceEvents: TraceEvent[] }
  const keyOf = ({ pid, tid }: TraceEvent) => `${pid} ${tid}`
  const threads = traceEvents.filter(({ args }) => args.name === 'CrRendererMain').map(keyOf)
  const events = traceEvents.filter((event) => event.ph === 'X' && threads.includes(keyOf(event)))
  const tasks = events.filter(({ cat }) => cat.includes('toplevel'))
  expect(tasks.length).toBeGreaterThan(0)
  // What Playwright itself looks up in the page is no work of the page.
  const messages = tasks.filter(({ args }) => {
    return args.chrome_mojo_event_info?.mojo_interface_tag === 'blink.mojom.DevToolsSession'
  })
  const isIn = (event: TraceEvent, { ts, dur = 0 }: TraceEvent) =>
    event.ts >= ts && event.ts <= ts + dur
  const own = tasks.filter((task) => !messages.some((message) => isIn(message, task)))
  const collections = events.filter(({ name }) => name === 'MajorGC')
  const times = own.map((task) => {
    const inside = collections.filter((collection) => isIn(collection, task))
    return inside.reduce((time, { tdur = 0 }) => time - tdur, task.tdur ?? 0)
  })
  return Math.max(...times) / 1000
}

/** Takes the colors away and gives them back in one task. */
function colorAtOnce(code: Locator): Promise<void> {
  return code.evaluate(async (element) => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
    const { innerHTML } = element
    element.replaceChildren()
    await frame()
    await new Promise<void>((resolve) =>
      setTimeout(() => {
        element.innerHTML = innerHTML
        resolve()
      }),
    )
    await frame()
    await frame()
  })
}

/** On two cores of 2026 the longest task takes 25 to 35 ms, a quarter to a third of coloring all at once. */
test(
  'colors 900 lines of code without a long task, every line of them',
  { tag: '@clock' },
  async ({ page, server }) => {
    const code = Array.from(
      { length: 900 },
      (_, index) =>
        `export const value${index} = compute('${index}', { deep: [1, ${index}] }) // a comment`,
    ).join('\n')
    const text = `\`\`\`ts\n${code}\n\`\`\``
    server.vendors.get('dashscope')?.use({ text, chunkSize: 300, delayMs: 0 })
    await ask(page, 'Warm up, please')
    server.vendors.get('dashscope')?.use({ text, chunkSize: 600, delayMs: 10 })
    const rounds: { slices: number; once: number }[] = []
    for (let round = 0; round < 3; round++) {
      await page.getByRole('button', { name: 'New chat', exact: true }).click()
      const slices = await longestTask(page, () => ask(page, 'Hello'))
      const block = page.locator('.code').last()
      await expect(block.locator('.hljs-keyword')).toHaveCount(1800)
      expect(await block.locator('code').textContent()).toBe(code)
      const once = await longestTask(page, () => colorAtOnce(block.locator('code')))
      rounds.push({ slices, once })
    }
    const slices = median(rounds.map((each) => each.slices))
    const once = median(rounds.map((each) => each.once))
    console.log(`longest task: ${slices} ms, colored at once: ${once} ms`)
    expect(slices / once).toBeLessThan(0.75)
  },
)
