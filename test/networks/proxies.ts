/**
 * Starts each reverse proxy with its file in `configs/`, which is also what the guide shows.
 */
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { chmod, copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

interface Start {
  config: string
  port: number
  folder: string
}

interface Proxy {
  config: string
  /** False for one that speaks no HTTP/2. */
  h2?: false
  command: (start: Start) => [string, ...string[]]
}

const nginx: Proxy['command'] = ({ config, folder }) => ['nginx', '-p', folder, '-c', config]

export const PROXIES: Record<string, Proxy> = {
  nginx: { config: 'nginx.conf', command: nginx },
  'nginx streaming': { config: 'nginx-streaming.conf', command: nginx },
  haproxy: {
    config: 'haproxy.cfg',
    command: ({ config }) => ['haproxy', '-db', '-q', '-f', config],
  },
  apache: {
    config: 'apache.conf',
    command: ({ config }) => ['apache2', '-DFOREGROUND', '-f', config],
  },
  caddy: {
    config: 'Caddyfile',
    command: ({ config }) => ['caddy', 'run', '--adapter', 'caddyfile', '--config', config],
  },
  varnish: {
    h2: false,
    config: 'varnish.vcl',
    command: ({ config, port, folder }) => [
      'varnishd',
      '-F',
      '-j',
      'none',
      '-f',
      config,
      '-n',
      folder,
      '-a',
      `127.0.0.1:${port}`,
      '-s',
      'malloc,64m',
    ],
  },
  lighttpd: { config: 'lighttpd.conf', command: ({ config }) => ['lighttpd', '-D', '-f', config] },
  squid: {
    h2: false,
    config: 'squid.conf',
    command: ({ config }) => ['squid', '-N', '-f', config],
  },
  nghttpx: { config: 'nghttpx.conf', command: ({ config }) => ['nghttpx', `--conf=${config}`] },
  h2o: { config: 'h2o.yaml', command: ({ config }) => ['h2o', '-c', config] },
}

/** A proxy's addresses by protocol. */
export interface RunningProxy {
  h1: string
  h2: string | undefined
  stop(): Promise<void>
}

/**
 * @param upstream the vendor's port
 * @param certificates the folder of the certificate and its key
 */
export async function startProxy(
  name: string,
  upstream: number,
  certificates: string,
): Promise<RunningProxy> {
  const { config, command, h2 } = PROXIES[name] as Proxy
  const folder = await mkdtemp(path.join(tmpdir(), 'chatwire-proxy-'))
  // Workers of some proxies run as another user and keep request bodies here.
  await chmod(folder, 0o755)
  const [port, tlsPort] = [await freePort(), await freePort()]
  for (const file of ['certificate.pem', 'key.pem', 'both.pem'])
    await copyFile(path.join(certificates, file), path.join(folder, file))
  const text = await readFile(path.join(import.meta.dirname, 'configs', config), 'utf8')
  const file = path.join(folder, config)
  await writeFile(
    file,
    text
      .replaceAll('@DIR@', folder)
      .replaceAll('@PORT@', `${port}`)
      .replaceAll('@TLS_PORT@', `${tlsPort}`)
      .replaceAll('@UPSTREAM@', `${upstream}`),
  )
  const [program, ...options] = command({ config: file, port, folder })
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin`, HOME: folder }
  const child = spawn(program, options, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const pipe of [child.stdout, child.stderr])
    pipe.on('data', (data) => (output += String(data)))
  child.on('error', (error) => (output += error.message))
  await untilListening(name, child, port, () => output)
  return {
    h1: `http://127.0.0.1:${port}`,
    h2: h2 === false ? undefined : `https://127.0.0.1:${tlsPort}`,
    async stop() {
      const exited = new Promise((resolve) => child.once('exit', resolve))
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM')
        await Promise.race([exited, pause(3000)])
        child.kill('SIGKILL')
      }
      await rm(folder, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

async function untilListening(
  name: string,
  child: ChildProcess,
  port: number,
  output: () => string,
): Promise<void> {
  for (const until = Date.now() + 30_000; Date.now() < until; await pause(50)) {
    if (child.exitCode !== null || child.pid === undefined) break
    if (await accepts(port)) return
  }
  child.kill('SIGKILL')
  throw new Error(`${name} did not start (scripts/install-proxies.sh installs it): ${output()}`)
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
