/**
 * Loads parts of the package that only some calls need, so that other bundles do without them.
 */
import { StreamError } from './errors.ts'

/**
 * Loads a part. Bundlers that split code make it a file of its own; those that do not include it.
 * @param load calls `import()` with a literal, which bundlers need
 * @throws {StreamError} `connection_failed`, retryable. Service workers do not allow `import()`: bundle them into one file.
 * @see https://html.spec.whatwg.org/multipage/webappapis.html#hostimportmoduledynamically(referencingscriptormodule,-modulerequest,-promisecapability)
 */
export async function loadPart<Part>(load: () => Promise<Part>): Promise<Part> {
  try {
    return await load()
  } catch (cause) {
    const reason = cause instanceof Error ? `: ${cause.message}` : ''
    throw new StreamError('connection_failed', `Could not load a part of chatwire${reason}`, {
      cause,
    })
  }
}
