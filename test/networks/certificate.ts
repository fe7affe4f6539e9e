/**
 * A certificate for loopback and the authority that signs it, made anew for every run.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

/**
 * Creates a folder with `certificate.pem`, `key.pem`, both in one file (`both.pem`), and the authority (`ca.pem`).
 * Deno accepts no authority as the certificate of a server.
 */
export async function createCertificate(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'chatwire-certificate-'))
  const at = (name: string) => path.join(folder, name)
  const openssl = (...options: string[]) => run('openssl', options, { cwd: folder })
  await openssl(
    'req',
    '-x509',
    ...KEY,
    '-subj',
    '/CN=chatwire tests',
    '-days',
    '2',
    '-out',
    'ca.pem',
    '-keyout',
    'ca-key.pem',
  )
  await writeFile(at('names.txt'), 'subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n')
  await openssl(
    'req',
    ...KEY,
    '-subj',
    '/CN=localhost',
    '-out',
    'request.pem',
    '-keyout',
    'key.pem',
  )
  const signer = ['-CA', 'ca.pem', '-CAkey', 'ca-key.pem', '-CAcreateserial']
  await openssl(
    'x509',
    '-req',
    '-in',
    'request.pem',
    ...signer,
    '-days',
    '2',
    '-extfile',
    'names.txt',
    '-out',
    'certificate.pem',
  )
  const both = await Promise.all([readFile(at('certificate.pem')), readFile(at('key.pem'))])
  await writeFile(at('both.pem'), Buffer.concat(both))
  return folder
}
