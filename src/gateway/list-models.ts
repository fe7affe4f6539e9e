/**
 * What is on offer, in OpenAI's spelling.
 * @see https://platform.openai.com/docs/api-reference/models
 */
import { HttpError } from '../edge/http-error.ts'

/**
 * All names, or the one that a path asks for.
 * @throws {HttpError} 404
 */
export function encodeModels(names: readonly string[], path: string | undefined): string {
  if (path === undefined) return JSON.stringify({ object: 'list', data: names.map(describe) })
  const asked = decodeName(path)
  if (!names.includes(asked)) throw unknownModel(asked)
  return JSON.stringify(describe(asked))
}

export function unknownModel(name: string): HttpError {
  return new HttpError({
    status: 404,
    code: 'model_not_found',
    param: 'model',
    message: `There is no model "${name.slice(0, 100)}" here`,
  })
}

function describe(id: string): Record<string, unknown> {
  return { id, object: 'model', created: 0, owned_by: 'gateway' }
}

/** Clients encode a name with a slash for the path, or leave it as it is. */
function decodeName(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
