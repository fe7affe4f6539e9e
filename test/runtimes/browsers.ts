/**
 * Finds the system's browsers.
 */
import { existsSync } from 'node:fs'

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

/** Returns the program of a browser. `npm run setup` installs them: a test never does. */
export async function findBrowser(name: Browser): Promise<string> {
  const found = lookFor(name)
  if (found) return found
  throw new Error(
    `${name} is missing: run \`npm run setup\` as root on Debian, or set ${PLACES[name][0]} to its program`,
  )
}

function lookFor(name: Browser): string | undefined {
  const [variable, ...files] = PLACES[name]
  return process.env[variable] ?? files.find(existsSync)
}
