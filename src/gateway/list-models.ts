/**
 * The list of models, in OpenAI's format and in Anthropic's.
 * @see https://platform.openai.com/docs/api-reference/models
 * @see https://platform.claude.com/docs/en/api/models/list
 */
import { HttpError } from '../edge/http-error.ts'

/**
 * Encodes all models, or the one named in a path.
 * @throws {HttpError} 404
 */
export function encodeModels(
  names: readonly string[],
  path: string | undefined,
  { isAnthropic }: { isAnthropic: boolean },
): string {
  const describe = isAnthropic ? describeForAnthropic : describeForOpenAI
  if (path !== undefined) {
    const asked = decodeName(path)
    if (!names.includes(asked)) throw unknownModel(asked)
    return JSON.stringify(describe(asked))
  }
  const data = names.map(describe)
  if (!isAnthropic) return JSON.stringify({ object: 'list', data })
  const ends = { first_id: names[0] ?? null, last_id: names.at(-1) ?? null }
  return JSON.stringify({ data, has_more: false, ...ends })
}

export function unknownModel(name: string): HttpError {
  return new HttpError({
    status: 404,
    code: 'model_not_found',
    param: 'model',
    message: `No such model: "${name.slice(0, 100)}"`,
  })
}

function describeForOpenAI(id: string): Record<string, unknown> {
  return { id, object: 'model', created: 0, owned_by: 'gateway' }
}

function describeForAnthropic(id: string): Record<string, unknown> {
  return {
    type: 'model',
    id,
    display_name: id,
    created_at: '1970-01-01T00:00:00Z',
    capabilities: null,
    deprecated_at: null,
    lifecycle: 'active',
    line: null,
    max_input_tokens: null,
    max_tokens: null,
    retires_at: null,
  }
}

/** Clients may or may not encode the slash of a name. */
function decodeName(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
