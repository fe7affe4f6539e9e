/**
 * Builds the playground once for all files.
 */
import { buildPlayground } from '../../examples/playground/build.mjs'

export default function setup(): Promise<void> {
  return buildPlayground()
}
