import { type } from 'arktype'
import type {
  BaseChatModel,
  ChatResult,
  DeepPartial,
  ObjectResult,
  ObjectStream,
  StreamEvent,
} from 'chatwire'
import { chatObject, PartialArguments } from 'chatwire'
import * as v from 'valibot'
import { expectTypeOf, test } from 'vitest'
import * as z from 'zod'

const llm = {} as BaseChatModel
const prompt = 'Tell me of a city'

interface City {
  city: string
  tags: string[]
  mayor?: { name: string }
}

// The type checker of `npm run check` judges this file; running it shows that it loads.
test('the object has the type of the schema, of every library', () => {
  const valibot = v.object({
    city: v.string(),
    tags: v.array(v.string()),
    mayor: v.optional(v.object({ name: v.string() })),
  })
  const zod = z.object({
    city: z.string(),
    tags: z.array(z.string()),
    mayor: z.object({ name: z.string() }).optional(),
  })
  const arktype = type({ city: 'string', tags: 'string[]', 'mayor?': { name: 'string' } })
  const ask = async () => {
    expectTypeOf((await chatObject(llm, { prompt, schema: valibot })).object).toEqualTypeOf<City>()
    expectTypeOf((await chatObject(llm, { prompt, schema: zod })).object).toEqualTypeOf<City>()
    expectTypeOf((await chatObject(llm, { prompt, schema: arktype })).object).toEqualTypeOf<City>()
  }
  expectTypeOf(ask).toBeFunction()
})

test('the result is that of chat(), and of a plain JSON Schema there is only the object', () => {
  const ask = () => {
    const schema = { type: 'object', properties: { a: { type: 'string' } } }
    const answer = chatObject(llm, { prompt, schema })
    expectTypeOf(answer).toEqualTypeOf<Promise<ObjectResult<Record<string, unknown>>>>()
    expectTypeOf<ObjectResult<City>>().toExtend<ChatResult>()
  }
  expectTypeOf(ask).toBeFunction()
})

test('partials are of what the model writes; the result is of what the schema makes of it', () => {
  const schema = v.object({
    on: v.pipe(
      v.string(),
      v.transform((text) => new Date(text)),
    ),
    tags: v.optional(v.array(v.object({ name: v.string() })), []),
  })
  const read = async () => {
    const stream = chatObject(llm, { prompt, schema, stream: true })
    for await (const partial of stream) {
      expectTypeOf(partial.on).toEqualTypeOf<string | undefined>()
      expectTypeOf(partial.tags?.[0]?.name).toEqualTypeOf<string | undefined>()
    }
    const { object } = await stream.result()
    expectTypeOf(object.on).toEqualTypeOf<Date>()
    expectTypeOf(object.tags).toEqualTypeOf<{ name: string }[]>()
    expectTypeOf(stream.events()).toEqualTypeOf<AsyncIterableIterator<StreamEvent>>()
    expectTypeOf(stream).toExtend<ObjectStream<{ on: Date }, unknown>>()
  }
  expectTypeOf(read).toBeFunction()
})

test('DeepPartial leaves out members, and shortens lists', () => {
  expectTypeOf<DeepPartial<City>>().toEqualTypeOf<{
    city?: string
    tags?: string[]
    mayor?: { name?: string }
  }>()
  expectTypeOf<DeepPartial<City[]>>().toEqualTypeOf<DeepPartial<City>[]>()
  expectTypeOf<DeepPartial<[string, City]>>().toEqualTypeOf<[string?, DeepPartial<City>?]>()
  expectTypeOf<DeepPartial<'a' | 1 | null>>().toEqualTypeOf<'a' | 1 | null>()
  expectTypeOf<DeepPartial<{ of: 'a'; x: 1 } | { of: 'b' }>>().toEqualTypeOf<
    { of?: 'a'; x?: 1 } | { of?: 'b' }
  >()
})

test('`stream` chooses between the two', () => {
  const schema = v.object({ a: v.string() })
  const ask = () => {
    expectTypeOf(chatObject(llm, { prompt, schema, stream: Math.random() > 2 })).toEqualTypeOf<
      ObjectStream<{ a: string }, { a?: string }> | Promise<ObjectResult<{ a: string }>>
    >()
  }
  expectTypeOf(ask).toBeFunction()
})

test('what chatObject() does not take is refused by the compiler', () => {
  const schema = v.object({ a: v.string() })
  const wrong = () => [
    // @ts-expect-error: the schema determines it
    chatObject(llm, { prompt, schema, responseFormat: { type: 'text' } }),
    // @ts-expect-error: there are three modes
    chatObject(llm, { prompt, schema, mode: 'xml' }),
    // @ts-expect-error: without a schema there is no object
    chatObject(llm, { prompt }),
  ]
  expectTypeOf(wrong).toBeFunction()
})

test('arguments that are still being written are a record', () => {
  const read = (event: StreamEvent) => new PartialArguments().push(event)?.arguments
  expectTypeOf(read).returns.toEqualTypeOf<Record<string, unknown> | undefined>()
})
