// A module Web Worker.
import { runSuite } from '/suite.mjs'

self.onmessage = async (message) => self.postMessage(await runSuite(message.data))
