/**
 * W3C WebDriver over `fetch`: enough of it to open a page and to ask for a value.
 */
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { findBrowser } from './browsers.ts'
import type { Tab } from './page.ts'
import { listen } from './upstream.ts'

export interface WebKit extends Tab {
  version: string
  close(): Promise<void>
}

/** Neither a graphics card nor a session bus is asked for. */
const HEADLESS = {
  COG_PLATFORM_NAME: 'headless',
  WEBKIT_DISABLE_COMPOSITING_MODE: '1',
  LIBGL_ALWAYS_SOFTWARE: '1',
  NO_AT_BRIDGE: '1',
  GTK_A11Y: 'none',
}

/** `webkit` is WebKitGTK, which needs a display; `wpe` is WPE WebKit, which needs none. */
export async function openWebKit(kind: 'webkit' | 'wpe'): Promise<WebKit> {
  const children: ChildProcess[] = []
  const stop = async () => {
    for (const child of children.toReversed()) await end(child)
  }
  try {
    const driver = await findBrowser(`${kind}-driver`)
    const binary = await findBrowser(kind)
    const display =
      kind === 'webkit' ? (process.env.DISPLAY ?? (await startDisplay(children))) : undefined
    const port = await freePort()
    const env = { ...process.env, ...HEADLESS, ...(display && { DISPLAY: display }) }
    children.push(spawn(driver, [`--port=${port}`, '--host=127.0.0.1'], { stdio: 'ignore', env }))
    const base = `http://127.0.0.1:${port}`
    await untilReady(base)
    const options =
      kind === 'wpe'
        ? { 'wpe:browserOptions': { binary, args: ['--automation', '--platform=headless'] } }
        : { 'webkitgtk:browserOptions': { binary, args: ['--automation'] } }
    const { sessionId, capabilities } = await ask(base, 'POST', '/session', {
      capabilities: { alwaysMatch: options },
    })
    const session = `/session/${sessionId}`
    const script = 'return window.results'
    return {
      version: capabilities.browserVersion,
      goto: (url) => ask(base, 'POST', `${session}/url`, { url }),
      readResults: () => ask(base, 'POST', `${session}/execute/sync`, { script, args: [] }),
      async close() {
        // A driver that is gone already has no session to end.
        await ask(base, 'DELETE', session).catch(() => {})
        await stop()
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}

// oxlint-disable-next-line typescript/no-explicit-any -- the protocol's answers, of which two members are read
async function ask(base: string, method: string, path: string, body?: object): Promise<any> {
  const response = await fetch(base + path, { method, ...(body && { body: JSON.stringify(body) }) })
  const { value } = await response.json()
  if (!response.ok) throw new Error(`${method} ${path}: ${value.error}: ${value.message}`)
  return value
}

async function untilReady(base: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      return await ask(base, 'GET', '/status')
    } catch (error) {
      if (tries === 100) throw error
      await pause(50)
    }
  }
}

/** Xvfb chooses a free display itself and writes its number to file descriptor 3. */
async function startDisplay(children: ChildProcess[]): Promise<string> {
  const options = ['-displayfd', '3', '-screen', '0', '1280x800x24', '-nolisten', 'tcp', '-ac']
  const child = spawn(await findBrowser('xvfb'), options, {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  children.push(child)
  const [number] = await once(child.stdio[3] as Readable, 'data')
  return `:${String(number).trim()}`
}

async function freePort(): Promise<string> {
  const server = await listen(createServer())
  server.close()
  return new URL(server.url).port
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  child.kill()
  await once(child, 'exit')
}
