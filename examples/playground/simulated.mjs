// @ts-check
// What the simulated models say, so that the playground needs neither a key nor a network: thinking, tools, Markdown,
// code, an error, a cut stream. It runs in the local server, and in the page where there is none.
import { simulate } from 'chatwire/testing'
import { readAsked } from './simulated-request.mjs'
import { showcase } from './showcase.mjs'

/** @typedef {import('chatwire/testing').Reply} Reply */
/** @typedef {typeof import('./servers.mjs').SIMULATED[number]} Vendor */

/**
 * A simulated vendor that asks for no key.
 * @param {Vendor} vendor
 * @param {number} pace how fast it writes, as a factor
 */
export function createVendor(vendor, pace = 1) {
  const script = (/** @type {{ body: any }} */ { body }) => {
    const { delayMs = 18, ...rest } = reply(vendor, body)
    return { delayMs: delayMs / pace, ...rest }
  }
  return simulate(vendor, script, { key: false })
}

/** @param {Vendor} vendor @param {any} body @returns {Reply} */
function reply(vendor, body) {
  const { text: asked, said, pictures, results, tools } = readAsked(body)
  const isChinese = /[\u4e00-\u9fff]/.test(asked)
  const say = (/** @type {string} */ english, /** @type {string} */ chinese) =>
    isChinese ? chinese : english
  if (results) {
    const lines = results.map((result) => `- ${result}`)
    return { text: `${say('Here is what I found:', '结果如下：')}\n\n${lines.join('\n')}` }
  }
  const calls = callsFor(asked, tools)
  if (calls.length > 0) {
    const words = say(
      'That is better looked up than guessed. I have tools for it.',
      '这个最好查一查，而不是猜。我有可用的工具。',
    )
    return { reasoning: words, toolCalls: calls, chunkSize: 3, delayMs: 30 }
  }
  if (pictures > 0) {
    return {
      text: say(
        `I see ${pictures === 1 ? 'one picture' : `${pictures} pictures`}. A simulated model has no eyes, ` +
          'but a real one would now tell you what is in there.',
        `我收到了 ${pictures} 张图片。模拟模型看不见，真实的模型会告诉你图里有什么。`,
      ),
    }
  }
  if (asked.startsWith('Your last message was cut off')) return { text: restOf(said) }
  if (/halfway|break off|cut|断开|中断/i.test(asked)) return cut(say)
  if (/fail|error|出错|报错|失败/i.test(asked)) return { error: REFUSALS[vendor] }
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

/** An empty account, in each vendor's own words; Ollama has none, but may lack the model. */
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
  gemini: {
    status: 429,
    code: 'RESOURCE_EXHAUSTED',
    message: 'Your prepayment credits are depleted. Please go to AI Studio to manage your billing.',
  },
  ollama: { status: 404, message: "model 'qwen3' not found" },
})

const COUNT = Array.from({ length: 500 }, (_, index) => String(index + 1)).join(', ')

const STORIES = [
  'There once was a stream that set out from the hills, and it sang as it went, and it carried along every ' +
    'word that it met, down to the sea, where every one of them is still told.',
  '从前有一条小溪从山里出发，一路唱着歌，把遇到的每一个字都带向大海，在那里，每一个字至今仍被讲述。',
]

/** @param {(english: string, chinese: string) => string} say @returns {Reply} */
function cut(say) {
  const [english = '', chinese = ''] = STORIES
  return { text: say(english, chinese), fault: { kind: 'reset', after: -8 } }
}

/** Continues a story that was cut. @param {string} said */
function restOf(said) {
  const story = STORIES.find((each) => said !== '' && each.startsWith(said.trim()))
  return story?.slice(said.length) ?? ' And so it ends.'
}

/** @param {string} asked @param {Set<string>} offered @returns {NonNullable<Reply['toolCalls']>} */
function callsFor(asked, offered) {
  const sum = /[\d(][\d\s.+\-*/^()×÷]*[+\-*/^×÷][\d\s.+\-*/^()×÷]*[\d)]/.exec(asked)?.[0]
  const calls = [
    /time|几点|时间/i.test(asked) && { name: 'time', arguments: { zone: 'Asia/Shanghai' } },
    /dice|骰/i.test(asked) && { name: 'dice', arguments: { count: 2, sides: 6 } },
    sum && { name: 'calculator', arguments: { expression: sum.trim() } },
  ]
  return calls.filter((call) => call && offered.has(call.name)).filter((call) => !!call)
}
