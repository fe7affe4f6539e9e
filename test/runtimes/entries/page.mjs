// A page: the place comes as the fragment of its address, the results stand in `window.results` as JSON.
import { runSuite } from './suite.mjs'

const { inWorker, ...place } = JSON.parse(decodeURIComponent(location.hash.slice(1)))
const results = await (inWorker ? runInWorker(place) : runSuite(place))
window.results = JSON.stringify(results)

function runInWorker(place) {
  return new Promise((resolve, reject) => {
    const worker = new Worker('/worker.mjs', { type: 'module', name: JSON.stringify(place) })
    worker.addEventListener('message', (message) => resolve(message.data))
    worker.addEventListener('error', (event) => reject(new Error(event.message)))
  }).catch((error) => [{ name: 'The worker starts', ok: false, error: String(error), ms: 0 }])
}
