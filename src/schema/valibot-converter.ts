/**
 * Loads valibot's own converter to JSON Schema. The package is bundled: an optional peer dependency would be
 * missing in most apps, and webpack and Rollup warn about unresolvable imports.
 */
export { toStandardJsonSchema } from '@valibot/to-json-schema'
