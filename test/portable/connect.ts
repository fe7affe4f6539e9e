/**
 * The tools of a case: its upstream's address, the upstream's next answers, and the requests it got.
 * Nothing here knows a runner or a runtime.
 */
import type { Assert } from './assert.ts'

/** Where a suite runs. Plain data: a launcher hands it over as JSON. */
export interface Place {
  /** The row of the table: `deno`, `firefox worker`. */
  runtime: string
  /** The server that answers as the cases tell it to. */
  upstream: string
  /** An address with a closed port. */
  refused: string
  /** True if the runtime's own environment has OPENAI_API_KEY; otherwise there is only `env`. */
  hasProcessEnv: boolean
  /** The environment as the platform hands it over: a Worker's bindings, an empty bag elsewhere. */
  env: Record<string, string>
}

/** One thing that the upstream does with a reply under way. */
export type Step =
  /** Written in one piece. */
  | { text: string }
  /** Written byte by byte, each in a piece of its own. */
  | { bytes: string }
  /** Silence, in milliseconds. */
  | { wait: number }
  /** Written again and again until the client leaves or so many bytes are out; heeds back-pressure. */
  | { flood: string; limit: number; every?: number }
  /**
   * The kind of abnormal end: `fin` closes the connection between two chunks, `half` inside one,
   * `reset` breaks it, `never` leaves it open without a word.
   */
  | { end: 'fin' | 'half' | 'reset' | 'never' }

/** The answer to one request. */
export interface Reply {
  /** @default 200 */
  status?: number
  /** Absent: those of an event stream. */
  headers?: Record<string, string>
  /** Milliseconds before the headers; `false`: they never come. */
  delay?: number | false
  steps?: Step[]
}

/** A server of the package's own making: `simulate(server, script)` from `chatwire/testing`. */
export interface Simulated {
  simulate: string
  script: unknown
}

/** The upstream's record of one request. */
export interface Seen {
  method: string
  /** Path and query, without the part that names the case. */
  url: string
  headers: Record<string, string>
  body: string
  /** Milliseconds between the first request of this case and this one. */
  at: number
  /** Bytes of the body that the upstream got rid of. */
  sent: number
  /** The client left before the answer was whole. */
  left: boolean
}

/** A server for one case. */
export interface Lane {
  /** To be passed as `baseURL`. */
  url: string
  /** The requests so far; preflights are left out. */
  seen(): Promise<Seen[]>
  /** Waits until a client has left. Throws if none has after five seconds. */
  left(): Promise<void>
}

export interface Connect extends Place {
  /** The n-th request gets the n-th reply, later ones the last. */
  serve(...replies: (Reply | Simulated)[]): Promise<Lane>
}

export type Test = (name: string, body: () => Promise<void> | void) => void

/** A list of cases. */
export type Cases = (test: Test, assert: Assert, connect: Connect) => void

let lanes = 0

/** `Connect` over HTTP. Each `serve` has an id of its own, so cases never disturb each other. */
export function createConnect(place: Place): Connect {
  return {
    ...place,
    async serve(...replies) {
      const id = `${place.runtime.replace(/\W+/g, '-')}-${Date.now().toString(36)}-${lanes++}`
      // Sent as text: the control channel must not depend on a preflight.
      const plan = await fetch(`${place.upstream}/plan/${id}`, {
        method: 'POST',
        body: JSON.stringify(replies),
      })
      if (!plan.ok) throw new Error(`The upstream refused the plan: ${await plan.text()}`)
      const seen = async (): Promise<Seen[]> => (await fetch(`${place.upstream}/seen/${id}`)).json()
      return {
        url: `${place.upstream}/lane/${id}`,
        seen,
        async left() {
          for (let tries = 0; tries < 100; tries++) {
            if ((await seen()).some((request) => request.left)) return
            await pause(50)
          }
          throw new Error('The connection is still open 5 s after its client has left')
        },
      }
    },
  }
}

/** Milliseconds. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
