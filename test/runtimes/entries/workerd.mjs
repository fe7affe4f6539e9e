// workerd: the place comes as the request's body; the Worker's own variables are the environment.
import { runSuite } from './suite.mjs'

export default {
  async fetch(request, env) {
    const place = await request.json()
    const hasProcess = globalThis.process !== undefined
    // The row would say something that it does not test.
    if (hasProcess !== place.hasProcessEnv)
      return new Response(`process: ${hasProcess}`, { status: 500 })
    return Response.json(await runSuite({ ...place, env }))
  },
}
