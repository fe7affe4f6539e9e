/**
 * Debian's Redis on a port of the loopback, and a client of a few lines: `createKeys` takes any.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { connect } from 'node:net'
import os from 'node:os'
import path from 'node:path'

interface Redis {
  send: (command: string[]) => Promise<unknown>
  stop: () => Promise<void>
}

/** Starts a server without persistence on a socket in a folder of its own. */
export async function startRedis(): Promise<Redis> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'chatwire-redis-'))
  const address = path.join(folder, 'redis.sock')
  const settings = ['--port', '0', '--unixsocket', address, '--save', '', '--appendonly', 'no']
  const child = spawn('redis-server', [...settings, '--dir', folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child, 'spawn')
  let log = ''
  for await (const piece of child.stdout) {
    log += String(piece)
    if (/ready to accept connections/i.test(log)) break
  }
  const socket = connect(address)
  await once(socket, 'connect')
  return {
    send: createClient(socket),
    stop: async () => {
      socket.destroy()
      child.kill('SIGKILL')
      await once(child, 'exit')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** @see https://redis.io/docs/latest/develop/reference/protocol-spec/ */
function createClient(socket: Socket): Redis['send'] {
  const waiting: { resolve: (reply: unknown) => void; reject: (error: Error) => void }[] = []
  let received = Buffer.alloc(0)
  socket.on('data', (piece) => {
    received = Buffer.concat([received, piece])
    for (;;) {
      const parsed = parse(received, 0)
      if (!parsed) return
      const { value, end } = parsed
      received = received.subarray(end)
      const next = waiting.shift()
      if (value instanceof Error) next?.reject(value)
      else next?.resolve(value)
    }
  })
  return (command) =>
    new Promise((resolve, reject) => {
      waiting.push({ resolve, reject })
      const parts = command.map((part) => `$${Buffer.byteLength(part)}\r\n${part}\r\n`)
      socket.write(`*${command.length}\r\n${parts.join('')}`)
    })
}

/** Returns `undefined` for a reply that has not arrived in full. */
function parse(bytes: Buffer, start: number): { value: unknown; end: number } | undefined {
  const line = bytes.indexOf('\r\n', start)
  if (line < 0) return undefined
  const text = bytes.toString('utf8', start + 1, line)
  const end = line + 2
  const type = String.fromCharCode(bytes[start])
  if (type === '+') return { value: text, end }
  if (type === '-') return { value: new Error(text), end }
  if (type === ':') return { value: Number(text), end }
  const length = Number(text)
  if (length < 0) return { value: null, end }
  if (type === '$') {
    if (bytes.length < end + length + 2) return undefined
    return { value: bytes.toString('utf8', end, end + length), end: end + length + 2 }
  }
  const values: unknown[] = []
  let at = end
  for (let index = 0; index < length; index++) {
    const item = parse(bytes, at)
    if (!item) return undefined
    values.push(item.value)
    at = item.end
  }
  return { value: values, end: at }
}
