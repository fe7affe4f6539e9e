/**
 * The vendor without a proxy: its own port, and an HTTP/2 server with the faults of that protocol.
 */
import { readFile } from 'node:fs/promises'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import { constants, createSecureServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { RunningProxy } from './proxies.ts'
import type { Vendor } from './vendor.ts'

const { NGHTTP2_REFUSED_STREAM, NGHTTP2_NO_ERROR } = constants

export async function startDirect(vendor: Vendor, certificates: string): Promise<RunningProxy> {
  const [key, cert] = await Promise.all(
    ['key.pem', 'certificate.pem'].map((name) => readFile(path.join(certificates, name))),
  )
  const server = createSecureServer({ key: key!, cert: cert! }, (request, response) => {
    const fault = request.url.split('/')[3]
    if (fault === 'refused') vendor.count(request.url)
    if (fault === 'refused') return request.stream.close(NGHTTP2_REFUSED_STREAM)
    if (fault === 'goaway' || fault === 'fin') void leave(request, response, fault)
    vendor.listener(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    h1: `http://127.0.0.1:${vendor.port}`,
    h2: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.close()
    },
  }
}

/** Announces the end of the connection in mid-response, which then goes on (`goaway`) or breaks (`fin`). */
async function leave(
  { stream }: Http2ServerRequest,
  response: Http2ServerResponse,
  fault: string,
): Promise<void> {
  while (!response.headersSent && !stream.destroyed) await pause(5)
  stream.session?.goaway(NGHTTP2_NO_ERROR, stream.id ?? 0)
  await pause(50)
  if (fault === 'fin') stream.session?.destroy()
}
