/**
 * Schedules the updates of a page.
 */

/** Longest delay of an update if no frame is drawn, as in a hidden page, in milliseconds. */
const HIDDEN = 100
/** Longest pause after an update, in milliseconds. */
const PAUSE = 1000

/**
 * Returns a function that calls `update` in the next animation frame of a page, within `HIDDEN` in a hidden one, and at
 * once elsewhere. After a frame that took long to draw, the page first gets as much time for itself: typing and
 * scrolling go on while a long reply grows.
 */
export function createScheduler(): (update: () => void) => void {
  let pauseEnd = 0

  return (update) => {
    if (typeof requestAnimationFrame !== 'function') return update()
    const run = () => {
      clearTimeout(timer)
      const start = performance.now()
      update()
      // This task runs once the frame is drawn.
      setTimeout(() => {
        const now = performance.now()
        pauseEnd = now + Math.min(now - start, PAUSE)
      })
    }
    const onFrame = () => {
      if (performance.now() < pauseEnd) requestAnimationFrame(onFrame)
      else run()
    }
    const timer = setTimeout(run, HIDDEN + Math.max(pauseEnd - performance.now(), 0))
    requestAnimationFrame(onFrame)
  }
}
