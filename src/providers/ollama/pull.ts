/**
 * Lists and downloads the models of an Ollama server.
 * @see https://docs.ollama.com/api/tags
 * @see https://docs.ollama.com/api/pull
 */
import type { Call } from '../../call.ts'
import { dropUndefined } from '../../drop-undefined.ts'
import { ServiceError, StreamError } from '../../errors.ts'
import { readNDJSON } from '../../http/ndjson.ts'
import { readText } from '../../http/read-text.ts'
import { toFrameError } from '../../http/frame.ts'
import { parseLine } from './decode.ts'

/** A model on the server. Older servers report fewer properties. */
export interface OllamaModel {
  /** The value for `model`: `qwen3:8b`. */
  name: string
  /** Size on disk, in bytes. */
  size?: number
  /** Such as `qwen3`. */
  family?: string
  /** Such as `8.2B`. */
  parameterSize?: string
  /** Such as `Q4_K_M`. */
  quantization?: string
  /** Such as `completion`, `tools`, `vision`, `thinking`. */
  capabilities?: string[]
}

/** The progress of a download. */
export interface PullProgress {
  /** The server's status: `pulling manifest`, `pulling 8eeb52dfb3bb`, `verifying sha256 digest`, …, `success`. */
  status: string
  /** The file of the model that is downloading. */
  digest?: string
  /** Size of that file, in bytes. */
  total?: number
  /** Bytes of it that are present. */
  completed?: number
}

/** Options of a download. */
export interface PullOptions {
  /** Called for every step. An error thrown here ends the download. */
  onProgress?: ((progress: PullProgress) => void) | undefined
  /** Aborts the download. Its reason is thrown unchanged, and the server keeps what it has downloaded. */
  signal?: AbortSignal | undefined
}

/** Decodes the models of `GET /api/tags`. */
export async function decodeModels(response: Response, call: Call): Promise<OllamaModel[]> {
  const data = await readText(response, call)
  try {
    const { models, ...others } = parseLine({ data, kind: 'notAStream' }) as { models?: unknown }
    // Null if there are none yet.
    if (Array.isArray(models ?? [])) return ((models ?? []) as WireModel[]).map(decodeModel)
    throw new TypeError(`Expected a list of models, got ${Object.keys(others).join(', ')}`)
  } catch (error) {
    throw toFrameError(error)
  }
}

interface WireModel {
  name: string
  size?: number
  details?: { family?: string; parameter_size?: string; quantization_level?: string } | null
  capabilities?: string[] | null
}

function decodeModel({ name, size, details, capabilities }: WireModel): OllamaModel {
  const { family, parameter_size, quantization_level } = details ?? {}
  return {
    name,
    ...(size !== undefined && { size }),
    ...(family && { family }),
    ...(parameter_size && { parameterSize: parameter_size }),
    ...(quantization_level && { quantization: quantization_level }),
    ...(capabilities && { capabilities }),
  }
}

/** Reads a download to its end. */
export async function watchPull(
  response: Response,
  call: Call,
  onProgress: PullOptions['onProgress'],
): Promise<void> {
  let last: string | undefined
  for await (const frames of readNDJSON(response, call)) {
    for (const frame of frames) {
      const { status, digest, total, completed } = parseLine(frame) as Partial<PullProgress>
      if (typeof status !== 'string') continue
      last = status
      onProgress?.({ status, ...dropUndefined({ digest, total, completed }) })
    }
  }
  if (last === 'success') return
  if (last !== undefined)
    throw new StreamError('stream_truncated', 'The download ended before it succeeded')
  throw new ServiceError('unexpected_response', 'The response reports no download')
}
