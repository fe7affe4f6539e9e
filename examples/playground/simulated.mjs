// @ts-check
// What the simulated models say, so that the playground needs neither a key nor a network: thinking, tools, Markdown,
// code, an error, a cut stream. It runs in the local server, and in the page where there is none.
import { simulate } from 'chatwire/testing'
import { showcase } from './showcase.mjs'

/** @typedef {import('chatwire/testing').Reply} Reply */
/** @typedef {typeof import('./servers.mjs').SIMULATED[number]} Vendor */

/** A simulated vendor that asks for no key. @param {Vendor} vendor */
export function createVendor(vendor) {
  return simulate(vendor, ({ body }) => ({ delayMs: 18, ...reply(vendor, body) }), { key: false })
}

/** @param {Vendor} vendor @param {any} body @returns {Reply} */
function reply(vendor, body) {
  /** @type {any[]} */
  const messages = body.messages ?? body.input?.messages ?? []
  const question = messages.findLast(({ role, content }) => role === 'user' && !resultsIn(content))
  const asked = textOf(question?.content)
  const isChinese = /[\u4e00-\u9fff]/.test(asked)
  const say = (/** @type {string} */ english, /** @type {string} */ chinese) =>
    isChinese ? chinese : english
  if (messages.at(-1) !== question) return summary(messages, say)
  const calls = callsFor(asked, body.tools ?? body.parameters?.tools ?? [])
  if (calls.length > 0) {
    const words = say(
      'That is better looked up than guessed. I have tools for it.',
      '这个最好查一查，而不是猜。我有可用的工具。',
    )
    return { reasoning: words, toolCalls: calls, chunkSize: 3, delayMs: 30 }
  }
  const pictures = picturesIn(question?.content)
  if (pictures > 0) {
    return {
      text: say(
        `I see ${pictures === 1 ? 'one picture' : `${pictures} pictures`}. A simulated model has no eyes, ` +
          'but a real one would now tell you what is in there.',
        `我收到了 ${pictures} 张图片。模拟模型看不见，真实的模型会告诉你图里有什么。`,
      ),
    }
  }
  if (/break off|cut|断开|中断/i.test(asked)) return cut(say)
  if (/fail|error|出错|失败/i.test(asked)) return { error: REFUSALS[vendor] }
  if (/count|slow|数到|慢慢/i.test(asked)) return { text: COUNT, delayMs: 30 }
  if (/write|markdown|code|写|代码/i.test(asked)) return { ...showcase(isChinese), delayMs: 12 }
  return {
    reasoning: say(
      `They say “${asked}”. A joke is always welcome.`,
      `用户说：“${asked}”。讲个笑话总不会错。`,
    ),
    text: say(
      'Why do tokens never get lost? Because they always come in a **stream**.',
      '为什么令牌从不迷路？因为它们总是顺**流**而下。',
    ),
  }
}

/** An empty account, in each vendor's own words. */
const REFUSALS = /** @type {const} */ ({
  dashscope: {
    status: 400,
    code: 'Arrearage',
    message: 'Access denied, please make sure your account is in good standing.',
  },
  zhipu: { status: 429, code: '1113', message: '余额不足或无可用资源包,请充值。' },
  anthropic: {
    status: 402,
    code: 'billing_error',
    message: 'Your credit balance is too low to access the Anthropic API.',
  },
  openai: {
    status: 429,
    code: 'insufficient_quota',
    type: 'insufficient_quota',
    message: 'You exceeded your current quota, please check your plan and billing details.',
  },
})

const COUNT = Array.from({ length: 500 }, (_, index) => String(index + 1)).join(', ')

/** @param {(english: string, chinese: string) => string} say @returns {Reply} */
function cut(say) {
  const text = say(
    'There once was a stream that set out from the hills, and it sang as it went, and it carried along every ' +
      'word that it met, down to the sea, where',
    '从前有一条小溪从山里出发，一路唱着歌，把遇到的每一个字都带向大海，在那里',
  )
  return { text, fault: { kind: 'reset', after: -3 } }
}

/** @param {string} asked @param {any[]} tools @returns {NonNullable<Reply['toolCalls']>} */
function callsFor(asked, tools) {
  const offered = new Set(tools.map((tool) => (tool.function ?? tool).name))
  const sum = /[\d(][\d\s.+\-*/^()×÷]*[+\-*/^×÷][\d\s.+\-*/^()×÷]*[\d)]/.exec(asked)?.[0]
  const calls = [
    /time|几点|时间/i.test(asked) && { name: 'time', arguments: { zone: 'Asia/Shanghai' } },
    /dice|骰/i.test(asked) && { name: 'dice', arguments: { count: 2, sides: 6 } },
    sum && { name: 'calculator', arguments: { expression: sum.trim() } },
  ]
  return calls.filter((call) => call && offered.has(call.name)).filter((call) => !!call)
}

/** @param {any[]} messages @param {(english: string, chinese: string) => string} say @returns {Reply} */
function summary(messages, say) {
  const from = messages.findLastIndex(({ role }) => role === 'assistant')
  const answers = messages.slice(from + 1).flatMap(({ content }) => resultsIn(content) ?? [content])
  const lines = answers.map((content) => `- ${textOf(content)}`)
  return { text: `${say('Here is what I found:', '结果如下：')}\n\n${lines.join('\n')}` }
}

/**
 * What tools answered, where that stands in a turn of the user's, as with Anthropic.
 * @param {unknown} content @returns {unknown[] | undefined}
 */
function resultsIn(content) {
  if (!Array.isArray(content)) return undefined
  const results = content.filter((part) => part.type === 'tool_result')
  return results.length > 0 ? results.map((part) => part.content) : undefined
}

/** @param {unknown} content @returns {string} */
function textOf(content) {
  if (typeof content === 'string') return content
  return Array.isArray(content) ? content.map((part) => part.text ?? '').join('') : ''
}

/** @param {unknown} content */
function picturesIn(content) {
  if (!Array.isArray(content)) return 0
  // As OpenAI, Anthropic and DashScope write them.
  return content.filter(({ type, image }) => type === 'image_url' || type === 'image' || image)
    .length
}
