// Vercel's edge-runtime, a script like every other there: the place comes as the request's body.
addEventListener('fetch', (event) => {
  event.respondWith(
    event.request
      .json()
      .then(async (place) => Response.json(await globalThis.chatwireSuite.runSuite(place))),
  )
})
