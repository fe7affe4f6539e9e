/**
 * Ends of a stream that come twice, late or not at all.
 */
import type { Fault } from '../fault.ts'
import { always, fine, once, said } from '../fault.ts'

/** The finishing frame: the last one after the text that is neither an end marker nor a usage frame. */
function isFinish(frame: string): boolean {
  return /"(finish|stop)_reason":"(stop|tool_calls|end_turn|tool_use)"|"finishReason":"STOP"|"done":true|"type":"response\.completed"/.test(
    frame,
  )
}

/** The frame that says nothing but that all is said. */
function isMark(frame: string): boolean {
  return /\[DONE\]|"message_stop"/.test(frame)
}

const ends: Fault[] = [
  {
    name: 'double finish',
    mode: 'stream',
    async perform(to) {
      const good = await to.good()
      const frames = good.frames.flatMap((frame) => (isFinish(frame) ? [frame, frame] : [frame]))
      await to.answer({ ...good, frames })
    },
    expected: always(fine({ usage: 'server' })),
  },
  {
    name: 'double end mark',
    mode: 'stream',
    async perform(to) {
      const good = await to.good()
      const frames = [...good.frames, 'data: [DONE]\n\n', 'data: [DONE]\n\n']
      await to.answer({ ...good, frames })
    },
    expected: always(fine({ usage: 'server' })),
  },
  {
    name: 'usage after the finish',
    mode: 'stream',
    async perform(to) {
      const good = await to.good()
      // Moved from its frame into the next one, as other servers do.
      const frames = good.frames.flatMap((frame) => (isFinish(frame) ? partUsage(frame) : [frame]))
      await to.answer({ ...good, frames })
    },
    expected: always(fine({ usage: 'server' })),
  },
  {
    name: 'missing end mark',
    mode: 'stream',
    async perform(to) {
      const good = await to.good()
      await to.answer({ ...good, frames: good.frames.filter((frame) => !isMark(frame)) })
    },
    expected: always(fine({ usage: 'server' })),
  },
  {
    name: 'missing blank line at the end',
    mode: 'stream',
    async perform(to) {
      const good = await to.good()
      const text = good.frames.filter((frame) => !isMark(frame)).join('')
      await to.answer({ ...good, frames: [text.trimEnd()] })
    },
    expected: always(fine({ usage: 'server' })),
  },
  {
    name: 'missing finish and mark',
    mode: 'stream',
    async perform(to) {
      await to.say(4)
      to.end()
    },
    expected: always(once('stream_truncated', { text: said(4) })),
  },
  {
    name: 'missing usage',
    script: { pieces: ['Grüß ', 'dich, ', '世界 ', '🌍!'], usage: null },
    perform: (to) => to.heal(),
    expected: always(fine({ usage: 'estimated' })),
  },
  {
    name: 'garbage after the end',
    mode: 'stream',
    families: ['openai', 'openai_responses', 'zhipu', 'anthropic', 'gemini', 'ollama'],
    async perform(to) {
      const good = await to.good()
      await to.answer({ ...good, frames: [...good.frames, 'data: {"id":"unfin'] })
    },
    expected: always(fine({ usage: 'server' })),
  },
  {
    name: 'cut by its length in a tool call',
    tools: true,
    except: ['gemini', 'ollama'], // they send no call that cannot be read
    script: {
      toolCalls: [{ name: 'weather', arguments: '{"city":"Berlin","da' }],
      finishReason: 'length',
    },
    perform: (to) => to.heal(),
    expected: always(fine({ text: '', finishReason: 'length', toolCall: '{"city":"Berlin","da' })),
  },
]

/** A finishing frame without its usage, and one that holds only that. */
function partUsage(frame: string): string[] {
  const line = /^data: ?(.*)$/m.exec(frame)?.[1]
  if (!line) return [frame] // Ollama's line is the end and the usage in one
  const { usage, usageMetadata, ...finish } = JSON.parse(line) as Record<string, unknown>
  if (!usage && !usageMetadata) return [frame]
  const { choices: _choices, output: _output, candidates: _candidates, ...rest } = finish
  const alone = { ...rest, ...(_choices !== undefined && { choices: [] }), usage, usageMetadata }
  return [frame.replace(line, JSON.stringify(finish)), frame.replace(line, JSON.stringify(alone))]
}

export const endRows: readonly Fault[] = ends
