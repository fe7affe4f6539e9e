// @ts-check
// An answer with everything in it that Markdown has.

/** @param {boolean} isChinese @returns {import('chatwire/testing').Reply} */
export function showcase(isChinese) {
  return isChinese
    ? { reasoning: '用户想看看排版效果。标题、表格和代码都来一点。', text: CHINESE }
    : {
        reasoning:
          'They want to see what an answer looks like. A heading, a table, a list and some code will do.',
        text: ENGLISH,
      }
}

const CODE = `\`\`\`ts
import { getChatModel } from 'chatwire'

const llm = getChatModel({ model: 'qwen-max', modelServer: 'dashscope' })

// One piece after the other, as the model writes them
for await (const text of llm.chat({ prompt: 'Tell me a joke', stream: true })) {
  process.stdout.write(text)
}
\`\`\``

const PYTHON = `\`\`\`python
def fibonacci(n: int) -> list[int]:
    """The first n numbers."""
    numbers = [0, 1]
    while len(numbers) < n:
        numbers.append(numbers[-1] + numbers[-2])
    return numbers[:n]
\`\`\``

const ENGLISH = `## Streaming, in short

A model writes its answer **piece by piece**, and there is no reason to wait for the last one. Three things matter:

1. Show what has arrived, *at once*.
2. Stop when the reader leaves.
3. Say so when the answer was cut.

${CODE}

| wire format | thinking | tools |
| --- | --- | --- |
| DashScope | \`reasoning_content\` | yes |
| Zhipu | \`reasoning_content\` | yes |
| OpenAI | hidden | yes |

> An error is never text, and a cut reply is never a short one.

And the same care for any other language:

${PYTHON}
`

const CHINESE = `## 流式输出，简而言之

模型**一段一段**地写出回答，没有理由等到最后。三件事最重要：

1. 到了就*立刻*显示。
2. 读者离开时就停下。
3. 回答被截断时要说明。

${CODE}

| 协议 | 思考 | 工具 |
| --- | --- | --- |
| DashScope | \`reasoning_content\` | 支持 |
| 智谱 | \`reasoning_content\` | 支持 |
| OpenAI | 不公开 | 支持 |

> 错误从不混进正文，被截断的回答也从不冒充完整的回答。

${PYTHON}
`
