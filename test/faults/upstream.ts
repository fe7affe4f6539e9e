/**
 * The server of the matrix: each cell has an address of its own below one port, so that cells never meet.
 */
import { createServer } from 'node:http'
import { listen } from '../runtimes/upstream.ts'
import { Exchange } from './exchange.ts'
import type { Fault, Place } from './fault.ts'
import { ARGUMENTS, PIECES, said } from './fault.ts'

/** The server's record of one cell. */
export class Lane {
  readonly exchanges: Exchange[] = []
  /** Errors on this side: a faulty row. */
  readonly troubles: unknown[] = []
  readonly fault: Fault
  readonly place: Place
  /** The prefix of the vendor's path. */
  readonly url: string
  /** The first request has come. */
  readonly asked: Promise<void>
  #onAsked = () => {}
  #read = 0
  #waiting: (() => void)[] = []

  constructor(fault: Fault, place: Place, url: string) {
    this.url = url
    this.fault = fault
    this.place = place
    this.asked = new Promise((resolve) => {
      this.#onAsked = resolve
    })
  }

  add(exchange: Exchange): void {
    this.exchanges.push(exchange)
    this.#onAsked()
  }

  /** The caller has seen so much text, in characters. */
  tell(read: number): void {
    this.#read = read
    for (const look of this.#waiting) look()
  }

  /** Waits until the caller has seen the first pieces. */
  untilRead(pieces: number): Promise<void> {
    const length = said(pieces).length
    return new Promise((resolve) => {
      const look = () => {
        if (this.#read >= length) resolve()
      }
      this.#waiting.push(look)
      look()
    })
  }
}

export interface Upstream {
  /** Another origin: no request may reach it. */
  elsewhere: string
  /** Requests that reached it anyway. */
  readonly strangers: string[]
  open(fault: Fault, place: Place): Lane
  close(): void
}

const REPLY = { pieces: [...PIECES] }
const CALL = { toolCalls: [{ name: 'weather', arguments: ARGUMENTS }] }

/** A server on a port of the loopback, and a second one as the other origin. */
export async function startUpstream(): Promise<Upstream> {
  const lanes = new Map<number, Lane>()
  const server = createServer((request, response) => {
    const [, id = '', path = ''] = /^\/c\/(\d+)(\/.*)$/.exec(request.url ?? '') ?? []
    const lane = lanes.get(Number(id))
    if (!lane) {
      response.writeHead(404).end()
      return
    }
    const { fault, place } = lane
    const exchange: Exchange = new Exchange({
      number: lane.exchanges.length + 1,
      place,
      script: fault.script ?? (fault.tools ? CALL : REPLY),
      request,
      response,
      url: path,
      untilRead: (pieces) => Promise.race([lane.untilRead(pieces), exchange.left]),
    })
    lane.add(exchange)
    void serve(lane, exchange)
  })
  // Answers that never come are asked for on purpose, and no idle connection is closed under a request.
  server.requestTimeout = 0
  server.keepAliveTimeout = 0
  const strangers: string[] = []
  const other = createServer((request, response) => {
    strangers.push(`${request.method} ${request.url}`)
    response.end('{}')
  })
  const [main, elsewhere] = await Promise.all([listen(server), listen(other)])
  return {
    elsewhere: elsewhere.url,
    strangers,
    open(fault, place) {
      // Of its own even for a cell that is run twice: the first run may not be over for the server.
      const number = lanes.size + 1
      const lane = new Lane(fault, place, `${main.url}/c/${number}`)
      lanes.set(number, lane)
      return lane
    },
    close() {
      main.close()
      elsewhere.close()
    },
  }
}

async function serve(lane: Lane, exchange: Exchange): Promise<void> {
  try {
    await exchange.readRequest()
    if (lane.fault.heals && exchange.number > 1) await exchange.heal()
    else await lane.fault.perform(exchange)
  } catch (error) {
    if (!exchange.closed) lane.troubles.push(error)
  }
}
