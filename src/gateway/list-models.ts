/**
 * The list of models, in OpenAI's format.
 * @see https://platform.openai.com/docs/api-reference/models
 */
import { HttpError } from '../edge/http-error.ts'

/**
 * Encodes all models, or the one named in a path.
 * @throws {HttpError} 404
 */
export function encodeModels(names: readonly string[], path: string | undefined): string {
  if (path === undefined) return JSON.stringify({ object: 'list', data: names.map(describe) })
  const name = decodeName(path)
  if (!names.includes(name)) throw unknownModel(name)
  return JSON.stringify(describe(name))
}

export function unknownModel(name: string): HttpError {
  return new HttpError({
    status: 404,
    code: 'model_not_found',
    param: 'model',
    message: `No such model: "${name.slice(0, 100)}"`,
  })
}

function describe(id: string): Record<string, unknown> {
  return { id, object: 'model', created: 0, owned_by: 'gateway' }
}

/** Clients may or may not encode the slash of a name. */
function decodeName(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
