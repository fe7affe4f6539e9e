import { spawn } from 'node:child_process'
import { chromium } from '@playwright/test'
import { expect, test } from 'vitest'
import { findBrowser } from '../runtimes/browsers.ts'

const START = 'examples/demo/start.mjs'
const root = new URL('../../', import.meta.url)

/** The demo with neither a key nor a color, whatever is set here. */
function start(args: string[], env: Record<string, string> = {}) {
  const rest = { ...process.env }
  for (const name of Object.keys(rest)) if (name.endsWith('_API_KEY')) delete rest[name]
  const child = spawn(process.execPath, [START, ...args], { cwd: root, env: { ...rest, ...env } })
  let said = ''
  child.stdout.on('data', (piece: Buffer) => {
    said += piece
  })
  child.stderr.on('data', (piece: Buffer) => {
    said += piece
  })
  return { child, said: () => said }
}

function ended(child: ReturnType<typeof spawn>): Promise<number | null> {
  return new Promise((resolve) => child.once('close', resolve))
}

test('npm start -- --once answers with each wire format, and ends', async () => {
  const { child, said } = start(['--once', 'hi'])
  expect(await ended(child)).toBe(0)
  for (const server of ['dashscope', 'zhipu', 'openai', 'anthropic', 'gemini', 'ollama']) {
    const part = new RegExp(`^${server} / [^]*?tokens\\n`, 'm').exec(said())?.[0]
    expect(part, server).toMatch(/simulated here/)
    expect(part, server).toMatch(/thinks They say “hi”/)
    expect(part, server).toMatch(/says {3}Why do tokens never get lost\? .*顺流而下/)
    expect(part, server).toMatch(/usage {2}\d+ \+ \d+ = \d+ tokens/)
  }
})

test('a key that is set is used for the real service, and announced', async () => {
  const { child, said } = start(['--once', 'hi'], {
    OPENAI_API_KEY: 'sk-not-a-real-key',
    OPENAI_API_BASE: 'http://127.0.0.1:1/v1', // a closed port
  })
  expect(await ended(child)).toBe(1)
  expect(said()).toContain('openai / gpt-5-mini  the real service (OPENAI_API_KEY is set)')
  expect(said()).toMatch(/connection_failed: Could not reach http:\/\/127\.0\.0\.1:1\/v1/)
  expect(said()).not.toContain('sk-not-a-real-key')
}, 180_000)

test('npm start prints a tool call, and serves the playground', async () => {
  const { child, said } = start([], { PORT: '0' })
  try {
    const url = await new Promise<string>((resolve, reject) => {
      child.stdout?.on('data', () => {
        const found = /in a page: (\S+)/.exec(said())?.[1]
        if (found) resolve(found)
      })
      child.once('close', () => reject(new Error(said())))
    })
    expect(said().match(/calls {2}weather\(\{"city":"Hangzhou"\}\)/g)).toHaveLength(6)
    expect(said().match(/It is 21 °C in Hangzhou/g)).toHaveLength(6)
    expect(await (await fetch(new URL('servers.json', url))).json()).toEqual({
      simulated: ['dashscope', 'zhipu', 'openai', 'anthropic', 'gemini', 'ollama'],
      relay: [],
      chat: expect.arrayContaining(['dashscope/qwen-plus', 'ollama/qwen3']),
    })
    const browser = await chromium.launch({ executablePath: await findBrowser('chromium') })
    try {
      const page = await browser.newPage({ locale: 'en' })
      await page.goto(url)
      await page.getByLabel('Message').last().fill('Tell me a joke')
      await page.keyboard.press('Enter')
      await page.locator('.turn', { hasText: 'Why do tokens never get lost?' }).waitFor()
    } finally {
      await browser.close()
    }
  } finally {
    child.kill()
  }
}, 180_000)
