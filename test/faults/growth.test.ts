/**
 * Time and listeners grow with the size of a reply, not with its square. Gates are on the ratio between two sizes, since
 * machines differ; the table shows the milliseconds of this one.
 */
import { afterAll, expect, test } from 'vitest'
import { getChatModel } from '../../src/builtins.ts'
import { BaseChatModel } from '../../src/chat/base.ts'
import { Seam } from '../../src/failover/seam.ts'
import { estimateTokens } from '../../src/tokens/estimate.ts'
import { runTools } from '../../src/tools/run-tools.ts'
import { tool } from '../../src/tools/tool.ts'
import { DONE, frame } from './fuzz.ts'

const encoder = new TextEncoder()

/** A model whose server answers with these pieces. */
function at(pieces: readonly string[]): BaseChatModel {
  const bytes = pieces.map((piece) => encoder.encode(piece))
  return getChatModel({
    model: 'm',
    modelServer: 'openai',
    baseURL: 'http://127.0.0.1:1/v1',
    apiKey: 'k-123456',
    maxRetries: 0,
    fetch: async () => {
      let next = 0
      const body = new ReadableStream<Uint8Array>(
        {
          pull(controller) {
            const piece = bytes[next++]
            if (piece) controller.enqueue(piece)
            else controller.close()
          },
        },
        { highWaterMark: 0 },
      )
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
    },
  })
}

const END = frame({}, 'stop') + DONE
const words = (count: number) => Array.from({ length: count }, () => frame({ content: 'word ' }))

async function read(llm: BaseChatModel, request: object = {}): Promise<string> {
  return (await llm.chat({ prompt: 'x', stream: true, ...request }).result()).text
}

interface Item {
  name: string
  /** The smaller size; the larger is eight times that. */
  size: number
  unit: string
  /** Prepares a run of this size. */
  prepare: (size: number) => () => Promise<unknown>
}

const ITEMS: Item[] = [
  {
    name: 'blank lines before a stream',
    size: 250_000,
    unit: 'bytes',
    prepare: (size) => {
      const llm = at(['\n'.repeat(size), 'data: ', ...words(3).map((one) => one.slice(6)), END])
      return () => read(llm)
    },
  },
  {
    name: 'blanks in many pieces before a stream',
    size: 5000,
    unit: 'pieces',
    prepare: (size) => {
      const llm = at([...Array.from({ length: size }, () => '  \n'), frame({ content: 'a' }), END])
      return () => read(llm)
    },
  },
  {
    name: 'events in one piece',
    size: 25_000,
    unit: 'events',
    prepare: (size) => {
      const llm = at([words(size).join('') + END])
      return async () => expect((await read(llm)).length).toBe(size * 5)
    },
  },
  {
    name: 'tool calls in one reply',
    size: 1000,
    unit: 'calls',
    prepare: (size) => {
      const calls = Array.from({ length: size }, (_, index) =>
        frame({
          tool_calls: [
            { index, id: `c${index}`, type: 'function', function: { name: 'f', arguments: '{}' } },
          ],
        }),
      )
      const llm = at([...calls, frame({}, 'tool_calls') + DONE])
      let count = 0
      const tools = [tool({ name: 'f', execute: () => void count++ })]
      const options = { prompt: 'x', tools, maxSteps: 1, stream: true } as const
      return async () => {
        count = 0
        await runTools(llm, options)
          .result()
          .catch(() => {})
        const result = await llm.chat({ prompt: 'x', stream: true }).result()
        expect(result.toolCalls).toHaveLength(size)
      }
    },
  },
  {
    name: '`partial` read with every token',
    size: 2000,
    unit: 'tokens',
    prepare: (size) => {
      const llm = at([...words(size), END])
      return async () => {
        const stream = llm.chat({ prompt: 'hello '.repeat(10_000), stream: true })
        let length = 0
        for await (const text of stream) {
          length += text.length
          if (stream.partial.text.length !== length) throw new Error('partial is behind')
          if (stream.partial.usage.completionTokens === 0) throw new Error('nothing is counted')
        }
      }
    },
  },
  {
    name: 'thinking in a field and again in tags',
    size: 5000,
    unit: 'tokens',
    prepare: (size) => {
      const frames = Array.from({ length: size }, (_, at) =>
        frame({ reasoning_content: 'word ', content: at === 0 ? '<think>word ' : 'word ' }),
      )
      const llm = at([...frames, frame({ content: '</think>Hi' }), END])
      return async () => {
        const { text, reasoning } = await llm.chat({ prompt: 'x', stream: true }).result()
        expect([text, reasoning.trim().length]).toEqual(['Hi', size * 5 - 1])
      }
    },
  },
  {
    name: 'text that nearly is a stop sequence',
    size: 5000,
    unit: 'tokens',
    prepare: (size) => {
      const stop = Array.from({ length: 16 }, (_, index) => `${'a'.repeat(255)}${index % 10}`)
      const llm = at([...Array.from({ length: size }, () => frame({ content: 'aaaaaa' })), END])
      return async () => expect((await read(llm, { stop })).length).toBe(size * 6)
    },
  },
  {
    name: 'one frame in many pieces',
    size: 20_000,
    unit: 'pieces',
    prepare: (size) => {
      const text = frame({ content: 'x'.repeat(size * 10) })
      const llm = at([...(text.match(/[^]{1,10}/g) ?? []), END])
      return async () => expect((await read(llm)).length).toBe(size * 10)
    },
  },
  {
    name: 'pieces of a custom model',
    size: 5000,
    unit: 'pieces',
    prepare: (size) => {
      class Long extends BaseChatModel {
        protected async *_chatStream(): AsyncGenerator<string> {
          for (let n = 0; n < size; n++) yield 'word '
        }
      }
      const llm = new Long({ model: 'm' })
      return async () => expect((await llm.chat('x')).text.length).toBe(size * 5)
    },
  },
  {
    name: 'a continuation that repeats what was said',
    size: 20_000,
    unit: 'words',
    prepare: (size) => {
      const kept = Array.from({ length: size }, (_, index) => `w${index}`).join(' ')
      const pieces = `${kept} and more`.match(/[^]{1,5}/g) ?? []
      return async () => {
        const seam = new Seam(kept)
        for (const piece of pieces) seam.push(piece)
        seam.end()
      }
    },
  },
  {
    name: 'estimates of tokens',
    size: 50_000,
    unit: 'times seven texts',
    prepare: (size) => {
      const texts = ['a', '漢', ' ', '!', '7', '\u0301', 'a b '].map((text) => text.repeat(size))
      return async () => texts.map((text) => estimateTokens(text))
    },
  },
]

const rows: string[] = []
afterAll(() => {
  process.stdout.write(
    `${['', 'What grows | size | ms | ratio of time for 8 times the size', ...rows].join('\n')}\n`,
  )
})

/** CPU time of the shortest of three runs, in milliseconds: other work on the machine does not count. */
async function timeOf(run: () => Promise<unknown>): Promise<number> {
  let best = Infinity
  for (let round = 0; round < 3; round++) {
    const began = process.cpuUsage()
    await run()
    const { user, system } = process.cpuUsage(began)
    best = Math.min(best, (user + system) / 1000)
  }
  return best
}

test.each(ITEMS)('$name: linear', async ({ name, size, unit, prepare }) => {
  await prepare(size)() // compiled by now
  const small = await timeOf(prepare(size))
  const large = await timeOf(prepare(size * 8))
  const ratio = large / small
  rows.push(`${name} | ${size * 8} ${unit} | ${Math.round(large)} | ${ratio.toFixed(1)}`)
  // A square would be 64.
  expect(ratio).toBeLessThan(24)
})

test('20 chats and a tool run may share one signal without a warning', async () => {
  const warnings: Error[] = []
  const onWarning = (warning: Error) => void warnings.push(warning)
  process.on('warning', onWarning)
  const { signal } = new AbortController()
  await Promise.all(
    Array.from({ length: 20 }, async (_, index) => {
      const llm = at([frame({ content: String(index) }), END])
      expect(await read(llm, { signal })).toBe(String(index))
      expect((await llm.chat({ prompt: 'x', signal })).text).toBe(String(index))
      const result = await runTools(llm, { prompt: 'x', tools: [], signal })
      expect(result.text).toBe(String(index))
    }),
  )
  await new Promise((resolve) => {
    setImmediate(resolve) // warnings are emitted in a later tick
  })
  process.off('warning', onWarning)
  expect(warnings).toEqual([])
})
