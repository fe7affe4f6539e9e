/**
 * Hashes, for keys of storage.
 */
import { toHex } from '../bytes-to-text.ts'

/** Returns the SHA-256 of the parts together, in hexadecimal. */
export async function sha256(...parts: (string | Uint8Array)[]): Promise<string> {
  const bytes = await new Blob(parts as BlobPart[]).arrayBuffer()
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))
}
