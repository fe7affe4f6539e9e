/**
 * Names of audio formats.
 */

/** Returns the name that servers have for a format of audio, such as `mp3` for `audio/mpeg`. */
export function audioFormatOf(mediaType: string): string {
  const subtype = mediaType.replace(/^audio\/(x-|vnd\.)?/, '')
  return FORMATS.get(subtype) ?? subtype
}

/** Maps subtypes of media types to format names, where they differ. */
const FORMATS: ReadonlyMap<string, string> = /* @__PURE__ */ new Map([
  ['mpeg', 'mp3'],
  ['wave', 'wav'],
  ['mp4', 'm4a'],
])
