// A module Web Worker: the place is its name.
import { runSuite } from './suite.mjs'

const results = await runSuite(JSON.parse(self.name))
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's port has no origin
self.postMessage(results)
