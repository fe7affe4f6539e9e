/**
 * Where the system has its browsers; those that are missing are installed, or named.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { ROOT } from './build.mjs'

/** Debian's places; the first that is there counts. A variable names another. */
const PLACES = {
  chromium: ['CHROMIUM_PATH', '/usr/bin/chromium', '/usr/bin/google-chrome'],
  firefox: ['FIREFOX_PATH', '/usr/bin/firefox-esr', '/usr/bin/firefox'],
  webkit: [
    'MINIBROWSER_PATH',
    '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser',
    '/usr/lib/aarch64-linux-gnu/webkit2gtk-4.1/MiniBrowser',
    '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.0/MiniBrowser',
    '/usr/lib/aarch64-linux-gnu/webkit2gtk-4.0/MiniBrowser',
  ],
  'webkit-driver': ['WEBKIT_DRIVER_PATH', '/usr/bin/WebKitWebDriver'],
  wpe: ['COG_PATH', '/usr/bin/cog'],
  'wpe-driver': ['WPE_DRIVER_PATH', '/usr/bin/WPEWebDriver'],
  xvfb: ['XVFB_PATH', '/usr/bin/Xvfb'],
} satisfies Record<string, string[]>

export type Browser = keyof typeof PLACES

/** The program of a browser; installed if it is missing and that can be done here. */
export async function findBrowser(name: Browser): Promise<string> {
  const found = lookFor(name)
  if (found) return found
  const isDebian = existsSync('/usr/bin/apt-get')
  if (isDebian && process.getuid?.() === 0) await install()
  const installed = lookFor(name)
  if (installed) return installed
  throw new Error(
    `${name} is missing: run scripts/install-browsers.sh as root on Debian, or set ${PLACES[name][0]} to its program`,
  )
}

function lookFor(name: Browser): string | undefined {
  const [variable, ...files] = PLACES[name]
  return process.env[variable] ?? files.find(existsSync)
}

async function install(): Promise<void> {
  const child = spawn(path.join(ROOT, 'scripts/install-browsers.sh'), {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  await once(child, 'exit')
}
