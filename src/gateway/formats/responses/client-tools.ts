/**
 * Tools that OpenAI defines and clients run. To models they are functions, which every model can call; to clients their
 * calls are items of types of their own.
 * @see https://platform.openai.com/docs/guides/tools-shell
 */
import { HttpError, invalid } from '../../../edge/http-error.ts'
import { isRecord } from '../../../is-record.ts'
import type { FunctionTool } from '../../../message.ts'
import type { Members } from '../shapes.ts'
import { asText } from '../shapes.ts'
import { parseJSON } from '../../../parse-json.ts'

/** Types of tools, and of the items of their calls. */
export type CallKind = 'function' | 'custom' | ClientKind
export type ClientKind = 'local_shell' | 'shell' | 'apply_patch' | 'tool_search'

interface ClientTool {
  /** Prefix of the ids of its items. */
  prefix: string
  /** The member of a call with its arguments. */
  member: string
  description: string
  parameters: Members
  /** Returns the members of an item, whatever the model wrote: Rust clients refuse a wrong type. */
  encode: (args: Members) => Members
  /** Returns the result as text, from the item of an output. */
  result: (item: Members) => string
}

const string = { type: 'string' }
const strings = { type: 'array', items: string }
const timeout_ms = { type: 'integer', description: 'Longest run time, in milliseconds' }

function parameters(properties: Members, required: readonly string[]): Members {
  return { type: 'object', properties, required }
}

const TOOLS: Record<ClientKind, ClientTool> = {
  local_shell: {
    prefix: 'lsh',
    member: 'action',
    description: "Runs a command on the user's machine and returns its output",
    parameters: parameters(
      {
        command: { ...strings, description: 'The program and its arguments, as for execvp()' },
        working_directory: string,
        env: { type: 'object', additionalProperties: string },
        timeout_ms,
      },
      ['command'],
    ),
    encode: ({ command, working_directory: directory, env, timeout_ms: timeout }) => ({
      action: {
        type: 'exec',
        command: typeof command === 'string' ? ['bash', '-lc', command] : textsOf(command),
        env: Object.fromEntries(
          Object.entries(isRecord(env) ? env : {}).filter(([, one]) => typeof one === 'string'),
        ),
        ...(Number.isSafeInteger(timeout) && { timeout_ms: timeout }),
        ...(typeof directory === 'string' && { working_directory: directory }),
      },
    }),
    result: ({ output }) => textOf(output),
  },
  shell: {
    prefix: 'sh',
    member: 'action',
    description: "Runs shell commands on the user's machine and returns what each printed",
    parameters: parameters(
      {
        commands: strings,
        timeout_ms,
        max_output_length: { type: 'integer', description: 'Longest output, in characters' },
      },
      ['commands'],
    ),
    encode: ({ commands, timeout_ms: timeout, max_output_length: length }) => ({
      action: {
        commands: typeof commands === 'string' ? [commands] : textsOf(commands),
        timeout_ms: Number.isSafeInteger(timeout) ? timeout : null,
        max_output_length: Number.isSafeInteger(length) ? length : null,
      },
      environment: { type: 'local' },
    }),
    result: ({ output }) => textOf(output),
  },
  apply_patch: {
    prefix: 'apc',
    member: 'operation',
    description:
      'Creates, updates or deletes a file. `diff` of create_file: each line of the file after "+". `diff` of update_file: hunks that begin with "@@" and have a few unchanged lines after " ", removed lines after "-" and added lines after "+", without line numbers.',
    parameters: parameters(
      {
        type: { type: 'string', enum: ['create_file', 'update_file', 'delete_file'] },
        path: string,
        diff: string,
      },
      ['type', 'path'],
    ),
    encode: ({ type, path, diff }) => {
      const kind = type === 'create_file' || type === 'delete_file' ? type : 'update_file'
      const change = kind === 'delete_file' ? {} : { diff: textOf(diff) }
      return { operation: { type: kind, path: textOf(path), ...change } }
    },
    result: ({ status, output }) => textOf(output) || textOf(status),
  },
  tool_search: {
    prefix: 'tsc',
    member: 'arguments',
    description: 'Finds more tools, which can be called afterwards',
    parameters: parameters({ goal: { type: 'string', description: 'What a tool should do' } }, [
      'goal',
    ]),
    encode: (args) => ({ arguments: args, execution: 'client' }),
    result: () => '', // see foundTools()
  },
}

export const CLIENT_KINDS: readonly string[] = /* @__PURE__ */ Object.keys(TOOLS)

export function isClientKind(type: unknown): type is ClientKind {
  return typeof type === 'string' && Object.hasOwn(TOOLS, type)
}

/** Returns the type of tool that an item calls. */
export function kindOfCall({ type }: Members): ClientKind | undefined {
  const kind = /^(.+)_call$/.exec(asText(type))?.[1]
  return isClientKind(kind) ? kind : undefined
}

/** Returns the type of tool whose result an item is. */
export function kindOfOutput({ type }: Members): ClientKind | undefined {
  if (type === 'tool_search_output') return 'tool_search'
  return kindOfCall({ type: asText(type).replace(/_output$/, '') })
}

/** True for a search that OpenAI would run, and its items. None is needed: the model learns of all tools at once. */
export function isHostedSearch({ type, execution, call_id: id }: Members): boolean {
  if (type === 'tool_search') return execution !== 'client'
  return asText(type).startsWith('tool_search_') && (execution === 'server' || id == null)
}

/** @throws {HttpError} 400 for a shell in a container of OpenAI's */
export function toClientFunction(tool: Members, kind: ClientKind, path: string): FunctionTool {
  const { environment, description, parameters: asked } = tool
  if (isRecord(environment) && environment.type !== 'local')
    throw new HttpError(
      invalid(`${path}.environment must be { type: "local" }: containers run at OpenAI`),
    )
  const own = TOOLS[kind]
  const told = typeof description === 'string' && description ? description : own.description
  const taken = kind === 'tool_search' && isRecord(asked) ? asked : own.parameters
  return { type: 'function', function: { name: kind, description: told, parameters: taken } }
}

export function prefixOf(kind: CallKind): string {
  if (kind === 'custom') return 'ctc'
  return kind === 'function' ? 'fc' : TOOLS[kind].prefix
}

/** Encodes the members of a call's item. Arguments that are no object, such as cut ones, run nothing. */
export function encodeClientCall(kind: ClientKind, text: string): Members {
  const args = parseJSON(text)
  return TOOLS[kind].encode(isRecord(args) ? args : {})
}

/** Returns the arguments of an earlier call, or `undefined` if its item has none. */
export function clientArguments(kind: ClientKind, item: Members): string | undefined {
  const given = item[TOOLS[kind].member]
  if (typeof given === 'string' && kind === 'tool_search') return given
  if (!isRecord(given)) return undefined
  // The type of a command says nothing, unlike that of a change to a file.
  const members = Object.entries(given).filter(
    ([name, value]) => value !== null && !(name === 'type' && kind === 'local_shell'),
  )
  return JSON.stringify(Object.fromEntries(members))
}

export function clientResult(kind: ClientKind, item: Members): string {
  return TOOLS[kind].result(item)
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : value == null ? '' : JSON.stringify(value)
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}
