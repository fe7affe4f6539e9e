/**
 * The marks by which models write tool calls into their text.
 */

/** What a mark means. */
export type MarkerRole =
  /** The name of a call follows. */
  | 'name'
  /** Its arguments follow. */
  | 'arguments'
  /** A whole call follows, its name inside. */
  | 'call'
  /** The call is over. */
  | 'end'
  /** Nothing that is to be shown, or read. */
  | 'skip'
  /** The answer to the user follows. */
  | 'answer'
  /** Thinking follows. */
  | 'thought'
  /** What follows is for others to write: the result of the call. */
  | 'stop'

/** The marks of one way to write calls. Inside of a call only its own count. */
export type MarkerFamily = Readonly<Record<string, MarkerRole>>

/** Marks that stand anywhere in a text, and by themselves say that no answer is meant. */
export const FAMILIES: readonly MarkerFamily[] = [
  // Hermes, Qwen2.5, Qwen3, Qwen3-Coder, GLM. https://qwen.readthedocs.io/en/latest/framework/function_call.html
  { '<tool_call>': 'call', '</tool_call>': 'end', '<tool_response>': 'stop' },
  // Qwen3-Coder leaves the tag before it out now and then.
  { '<function=': 'call', '</function>': 'end' },
  // Qwen-Agent. https://github.com/QwenLM/Qwen-Agent/blob/main/qwen_agent/llm/fncall_prompts/qwen_fncall_prompt.py
  { '✿FUNCTION✿': 'name', '✿ARGS✿': 'arguments', '✿RESULT✿': 'stop', '✿RETURN✿': 'answer' },
  // Llama 3. https://www.llama.com/docs/model-cards-and-prompt-formats/llama3_1/
  { '<|python_tag|>': 'call', '<|eom_id|>': 'end', '<|eot_id|>': 'end' },
  // Mistral: a list of calls, since 2025 a name and `[ARGS]`. https://docs.mistral.ai/cookbooks/concept-deep-dive-tokenization-tool_calling
  { '[TOOL_CALLS]': 'call', '[ARGS]': 'arguments' },
  // LM Studio. https://lmstudio.ai/docs/developer/openai-compat/tools
  { '[TOOL_REQUEST]': 'call', '[END_TOOL_REQUEST]': 'end' },
  // DeepSeek V3 and R1. https://huggingface.co/deepseek-ai/DeepSeek-V3.1
  {
    '<｜tool▁calls▁begin｜>': 'skip',
    '<｜tool▁call▁begin｜>': 'name',
    '<｜tool▁sep｜>': 'arguments',
    '<｜tool▁call▁end｜>': 'end',
    '<｜tool▁calls▁end｜>': 'skip',
  },
  // Kimi K2. https://huggingface.co/moonshotai/Kimi-K2-Instruct/blob/main/docs/tool_call_guidance.md
  {
    '<|tool_calls_section_begin|>': 'skip',
    '<|tool_call_begin|>': 'name',
    '<|tool_call_argument_begin|>': 'arguments',
    '<|tool_call_end|>': 'end',
    '<|tool_calls_section_end|>': 'skip',
  },
]

/** ReAct: words at the start of a line, with a colon behind them. The longer of two that begin alike comes first. */
export const LABELS: MarkerFamily = {
  'action input': 'arguments',
  action: 'name',
  observation: 'stop',
  'final answer': 'answer',
  answer: 'answer',
  thought: 'thought',
  动作输入: 'arguments',
  行动输入: 'arguments',
  动作: 'name',
  行动: 'name',
  观察: 'stop',
  最终答案: 'answer',
  答案: 'answer',
  回答: 'answer',
  思考: 'thought',
}
