import { type } from 'arktype'
import { runTools, tool } from 'chatwire'
import type {
  BaseChatModel,
  ChatResult,
  ChatStream,
  JSONSchema,
  OutputOf,
  StreamEvent,
  Tool,
  ToolRunResult,
  ToolRunStream,
} from 'chatwire'
import { toStandardJsonSchema } from '@valibot/to-json-schema'
import * as v from 'valibot'
import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'

interface Weather {
  city: string
  days?: number | undefined
}

// The type checker of `npm run check` judges this file; running it shows that it loads.
test('tool() types the arguments of `execute`, whatever the library', () => {
  const city = v.object({ city: v.string(), days: v.optional(v.number()) })
  tool({
    name: 'valibot',
    parameters: city,
    execute: (args) => expectTypeOf(args).toEqualTypeOf<Weather>(),
  })
  tool({
    name: 'wrapped',
    parameters: toStandardJsonSchema(city),
    execute: (args) => expectTypeOf(args).toEqualTypeOf<Weather>(),
  })
  tool({
    name: 'zod',
    parameters: z.object({ city: z.string(), days: z.number().optional() }),
    execute: (args) => expectTypeOf(args).toEqualTypeOf<Weather>(),
  })
  tool({
    name: 'arktype',
    parameters: type({ city: 'string', 'days?': 'number' }),
    execute: (args) => expectTypeOf(args).toExtend<Weather>(),
  })
  tool({
    name: 'json',
    parameters: { type: 'object', properties: { city: { type: 'string' } } },
    execute: ({ city }) => expectTypeOf(city).toBeUnknown(),
  })
  tool({ name: 'none', execute: (args) => expectTypeOf(args).toEqualTypeOf<JSONSchema>() })
})

test('what a schema makes of its input is what `execute` gets', () => {
  tool({
    name: 'length',
    parameters: z.object({ text: z.string().transform((text) => text.length) }),
    async execute({ text }, { signal, toolCallId, messages }) {
      expectTypeOf(text).toBeNumber()
      expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
      expectTypeOf(toolCallId).toBeString()
      expectTypeOf(messages[0]!.role).toBeString()
    },
  })
  expectTypeOf<OutputOf<z.ZodNumber>>().toBeNumber()
  expectTypeOf<OutputOf<JSONSchema>>().toEqualTypeOf<Record<string, unknown>>()
})

test('tools of any arguments stand in one list', () => {
  const llm = {} as BaseChatModel
  const one = tool({ name: 'one', parameters: v.object({ a: v.string() }), execute: ({ a }) => a })
  const other = tool({ name: 'other', parameters: z.object({ b: z.number() }), execute: () => 1 })
  const plain = { type: 'function' as const, function: { name: 'plain' } }
  const search = { type: 'web_search', web_search: { enable: true } }
  const ask = () => {
    const tools = [one, other, plain, search]
    expectTypeOf(runTools(llm, { prompt: 'Hi', tools })).toEqualTypeOf<Promise<ToolRunResult>>()
    const stream = runTools(llm, { prompt: 'Hi', tools, stream: true })
    expectTypeOf(stream).toEqualTypeOf<ToolRunStream>()
    expectTypeOf(stream).toExtend<ChatStream>()
    expectTypeOf(stream.result()).toEqualTypeOf<Promise<ToolRunResult>>()
    return [
      runTools(llm, { prompt: 'Hi', tools, beforeTool: ({ name }) => ({ refuse: name }) }),
      runTools(llm, { prompt: 'Hi', tools, beforeTool: async () => {} }),
      // @ts-expect-error: the tools are what it is about
      runTools(llm, { prompt: 'Hi' }),
      // @ts-expect-error: a word is no decision
      runTools(llm, { prompt: 'Hi', tools, beforeTool: () => 'no' }),
    ]
  }
  expectTypeOf(ask).toBeFunction()
  expectTypeOf(one).toEqualTypeOf<Tool<{ a: string }>>()
  expectTypeOf<ToolRunResult>().toExtend<ChatResult>()
  expectTypeOf<Extract<StreamEvent, { type: 'tool-result' }>['content']>().toBeString()
})
