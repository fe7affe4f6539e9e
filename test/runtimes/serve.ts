/**
 * Everything that a runtime needs to be served, as a program: `@playwright/test` starts it as its `webServer`.
 */
import { startServers } from './servers.ts'

const { upstream, page, refused } = await startServers()
// playwright.config.ts reads this line.
console.log(`serving upstream=${upstream} page=${page} refused=${refused}`)
