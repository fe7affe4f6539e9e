/**
 * The process of one contender: receives a task, runs it and reports its cost.
 */
import { CONTENDERS } from './contenders.mjs'
import { cpuTime, quantile } from './measure.mjs'
import { feed, wireOf } from './wires.mjs'

const collect = globalThis.gc ?? (() => {})
const heap = () => process.memoryUsage().heapUsed

/** Streams read to their ends, one after another. Microseconds of CPU for each chunk. */
async function chunk({ contender, wire: name, chunks, perRead, streams = 1 }) {
  const wire = wireOf(name)
  const fetch = feed(wire, { chunks, perRead })
  const before = cpuTime()
  for (let stream = 0; stream < streams; stream++) {
    const length = await CONTENDERS[contender](fetch, wire)
    if (length < chunks) throw new Error(`${contender} lost a part of ${name}`)
  }
  return ((cpuTime() - before) * 1000) / (chunks * streams)
}

/** Short streams one after another: microseconds until the first text is there. */
async function first({ contender, wire: name, calls }) {
  const wire = wireOf(name)
  const fetch = feed(wire, { chunks: 2 })
  const times = []
  for (let call = 0; call < calls; call++) {
    let at
    const began = performance.now()
    await CONTENDERS[contender](fetch, wire, () => (at ??= performance.now()))
    times.push((at - began) * 1000)
  }
  return quantile(times, 0.5)
}

/** Many streams at once. Microseconds of CPU for each chunk. */
async function crowd({ contender, wire: name, streams, chunks }) {
  const wire = wireOf(name)
  const before = cpuTime()
  await Promise.all(
    Array.from({ length: streams }, () => CONTENDERS[contender](feed(wire, { chunks }), wire)),
  )
  return ((cpuTime() - before) * 1000) / (streams * chunks)
}

/** Returns the heap growth in bytes per stream after half of all chunks, or after `share` of them. */
async function memory({ contender, wire: name, streams, chunks, share = 0.5 }) {
  const wire = wireOf(name)
  const target = Math.floor(streams * chunks * share)
  let reads = 0
  let held = 0
  collect()
  const before = heap()
  const onRead = () => {
    if (++reads !== target) return
    collect()
    held = heap() - before
  }
  await Promise.all(
    Array.from({ length: streams }, () =>
      CONTENDERS[contender](feed(wire, { chunks, onRead }), wire),
    ),
  )
  return held / streams
}

/**
 * Streams that wait for their next chunk, after the first. Bytes of heap and buffers per stream.
 */
async function idle({ contender, wire: name, streams }) {
  const wire = wireOf(name)
  const used = () => {
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }
  await CONTENDERS[contender](feed(wire, { chunks: 2 }), wire)
  collect()
  // Buffers are freed a little later.
  await new Promise((resolve) => setTimeout(resolve, 50))
  collect()
  const before = used()
  let waiting = 0
  let release = () => {}
  const released = new Promise((resolve) => {
    release = resolve
  })
  const arrived = new Promise((resolve) => {
    const beforeChunk = (at) => {
      if (at < 1) return undefined
      if (++waiting === streams) resolve()
      return released
    }
    // One server, so that its bytes do not count.
    const fetch = feed(wire, { chunks: 2, beforeChunk })
    idle.reading = Promise.all(
      Array.from({ length: streams }, () => CONTENDERS[contender](fetch, wire)),
    )
  })
  await arrived
  // Twice, since what is registered for finalization is freed after the first time.
  for (let time = 0; time < 2; time++) {
    await new Promise((resolve) => setTimeout(resolve, 50))
    collect()
  }
  const held = used() - before
  release()
  await idle.reading
  return held / streams
}

const jobs = { chunk, first, crowd, memory, idle }

process.on('message', ({ job, ...task }) => {
  jobs[job](task).then(
    (value) => process.send({ value }),
    (error) => process.send({ error: error.stack }),
  )
})
