/**
 * The matrix: every library's spelling of every construct, as an object and as the parameters of a tool, with every
 * vendor.
 */
import { chatObject } from '../../src/objects/chat-object.ts'
import type { Schema } from '../../src/schema/types.ts'
import { runTools } from '../../src/tools/run-tools.ts'
import { tool } from '../../src/tools/tool.ts'
import { arktype } from './libraries/arktype.ts'
import { effect } from './libraries/effect.ts'
import { joiSchemas } from './libraries/joi.ts'
import { jsonSchema } from './libraries/json-schema.ts'
import { superstruct } from './libraries/superstruct.ts'
import { sury } from './libraries/sury.ts'
import { typebox, typebox034 } from './libraries/typebox.ts'
import { valibot } from './libraries/valibot.ts'
import { yupSchemas } from './libraries/yup.ts'
import { zodMini } from './libraries/zod-mini.ts'
import { zod } from './libraries/zod.ts'
import type { Schemas } from './library.ts'
import { createModel, isRefusal, judge, readRequest, VENDORS } from './vendors.ts'

export const LIBRARIES: Record<string, Schemas> = {
  zod,
  'zod/mini': zodMini,
  valibot,
  arktype,
  effect,
  TypeBox: typebox,
  'TypeBox 0.34': typebox034,
  sury,
  yup: yupSchemas,
  joi: joiSchemas,
  superstruct,
  'JSON Schema': jsonSchema,
}

/** Every schema with its names. */
export const SCHEMAS: [library: string, construct: string, schema: Schema][] = Object.entries(
  LIBRARIES,
).flatMap(([library, schemas]) =>
  Object.entries(schemas).map(([construct, schema]): [string, string, Schema] => [
    library,
    construct,
    schema as Schema,
  ]),
)

/** The fate of a schema: sent strict, sent, sent in the messages, or refused before anything was sent. */
export type Outcome = 'strict' | 'sent' | 'other mode' | 'refused' | 'INVALID'

/** One cell. */
export interface Cell {
  outcome: Outcome
  /** The objections of the vendor, or the reason of the refusal. */
  notes: string[]
}

/** Sends a schema as an object. */
export async function askForObject(vendor: string, schema: Schema): Promise<Cell> {
  const { llm, requests } = createModel(vendor)
  const error: unknown = await chatObject(llm, { prompt: 'p', schema }).catch((thrown) => thrown)
  const [body] = requests
  if (!body) return refusal(error)
  const { format } = readRequest(vendor, body)
  const { format: sides, hidesSchema } = VENDORS[vendor]!
  const isShown = JSON.stringify(body).includes('JSON Schema')
  if (!format) return notShown(isShown) ?? { outcome: 'other mode', notes: [] }
  const notes = judge(sides, format)
  if (notes.length > 0) return { outcome: 'INVALID', notes }
  return (hidesSchema && notShown(isShown)) || accepted(format.strict)
}

/** Sends a schema as the parameters of a tool. */
export async function offerTool(vendor: string, schema: Schema, strict?: boolean): Promise<Cell> {
  const { llm, requests } = createModel(vendor)
  const tools = [tool({ name: 't', parameters: schema, strict, execute: () => 'ok' })]
  const error: unknown = await runTools(llm, { prompt: 'p', tools }).catch((thrown) => thrown)
  const [body] = requests
  if (!body) return refusal(error)
  const { tool: sent } = readRequest(vendor, body)
  const { tools: sides } = VENDORS[vendor]!
  if (!sent || sides === 'none') return { outcome: 'INVALID', notes: ['the tool was not sent'] }
  const notes = judge(sides, sent)
  return notes.length > 0 ? { outcome: 'INVALID', notes } : accepted(sent.strict)
}

function accepted(strict: boolean | undefined): Cell {
  return { outcome: strict ? 'strict' : 'sent', notes: [] }
}

function refusal(error: unknown): Cell {
  if (!isRefusal(error)) return { outcome: 'INVALID', notes: [`threw ${String(error)}`] }
  return { outcome: 'refused', notes: [(error as Error).message] }
}

function notShown(isShown: boolean): Cell | undefined {
  return isShown ? undefined : { outcome: 'INVALID', notes: ['the model does not see the schema'] }
}
