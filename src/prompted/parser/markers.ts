/**
 * The markers with which models write tool calls into their text.
 */

/** The meaning of a marker. */
export type MarkerRole =
  /** The name of a call follows. */
  | 'name'
  /** Its arguments follow. */
  | 'arguments'
  /** A complete call follows, including its name. */
  | 'call'
  /** The call ends. */
  | 'end'
  /** Ignored. */
  | 'skip'
  /** The answer to the user follows. */
  | 'answer'
  /** Thinking follows. */
  | 'thought'
  /** The result of the call follows, which is not for the model to write. */
  | 'stop'

/** The markers of one format. Inside a call only those of its format count. */
export type MarkerFamily = Readonly<Record<string, MarkerRole>>

const LLAMA_4_ENDS: MarkerFamily = { '<|python_end|>': 'end', '<|eom|>': 'end', '<|eot|>': 'end' }

/** The ends of a call that begins without a marker, as Llama 3 and 4 write it. */
export const BARE: MarkerFamily = { '<|eom_id|>': 'end', '<|eot_id|>': 'end', ...LLAMA_4_ENDS }

/** Markers that are recognized anywhere in a text, since they never occur in an answer. */
export const FAMILIES: readonly MarkerFamily[] = [
  // Hermes, Qwen2.5, Qwen3, Qwen3-Coder, GLM. https://qwen.readthedocs.io/en/latest/framework/function_call.html
  // Hunyuan wraps them once more. https://github.com/vllm-project/vllm/pull/20820
  {
    '<tool_calls>': 'call',
    '<tool_call>': 'call',
    '</tool_call>': 'end',
    '</tool_calls>': 'end',
    '<tool_response>': 'stop',
  },
  // Nemotron. https://github.com/google/minja/pull/83
  { '<TOOLCALL>': 'call', '</TOOLCALL>': 'end' },
  // Seed-OSS. https://github.com/vllm-project/vllm/pull/46314
  { '<seed:tool_call>': 'call', '</seed:tool_call>': 'end' },
  // MiniMax. https://github.com/MiniMax-AI/MiniMax-M2.5/issues/10
  { '<minimax:tool_call>': 'call', '</minimax:tool_call>': 'end' },
  // MiniMax-M3. https://github.com/ggml-org/llama.cpp/pull/24523
  { ']<]minimax[>[<tool_call>': 'call', ']<]minimax[>[</tool_call>': 'end' },
  // Step 3, and Step DeepResearch. https://github.com/vllm-project/vllm/pull/29652
  {
    '<｜tool_calls_begin｜>': 'skip',
    '<｜tool_call_begin｜>': 'call',
    '<｜tool_call_end｜>': 'end',
    '<｜tool_calls_end｜>': 'skip',
  },
  { '<steptml:toolcall>': 'call', '</steptml:toolcall>': 'end' },
  // Apertus. https://github.com/ml-explore/mlx-lm/pull/1663
  { '<|tools_prefix|>': 'call', '<|tools_suffix|>': 'end' },
  // Kimi K3. https://github.com/getsigit/sigit/pull/92
  { '<|open|>tools<|sep|>': 'call', '<|close|>tools<|sep|>': 'end' },
  {
    '<|open|>think<|sep|>': 'thought',
    '<|close|>think<|sep|>': 'skip',
    '<|open|>response<|sep|>': 'answer',
    '<|close|>response<|sep|>': 'skip',
    '<|close|>message<|sep|>': 'skip',
  },
  // gpt-oss. https://github.com/lablup/mlxcel/issues/654
  {
    '<|channel|>analysis<|message|>': 'thought',
    '<|channel|>commentary<|message|>': 'answer',
    '<|channel|>final<|message|>': 'answer',
    '<|start|>assistant<|channel|>analysis<|message|>': 'thought',
    '<|start|>assistant<|channel|>commentary<|message|>': 'answer',
    '<|start|>assistant<|channel|>final<|message|>': 'answer',
    '<|end|>': 'skip',
    '<|return|>': 'skip',
  },
  {
    '<|channel|>commentary to=functions.': 'call',
    '<|start|>assistant<|channel|>commentary to=functions.': 'call',
    '<|start|>assistant to=functions.': 'call',
    '<|call|>': 'end',
  },
  // DeepSeek V3.2 and V4. https://github.com/sgl-project/sglang/issues/40236
  { '<｜DSML｜function_calls>': 'call', '</｜DSML｜function_calls>': 'end' },
  { '<｜DSML｜tool_calls>': 'call', '</｜DSML｜tool_calls>': 'end' },
  // V4.1, and in ASCII. https://github.com/ai-dynamo/frontend-crates/pull/252 https://github.com/cline/cline/issues/13348
  { '<｜DSML｜ calls>': 'call', '</｜DSML｜ calls>': 'end' },
  { '<|DSML|tool_calls>': 'call', '</|DSML|tool_calls>': 'end' },
  // LFM2. https://github.com/jundot/omlx/pull/1596
  { '<|tool_call_start|>': 'call', '<|tool_call_end|>': 'end' },
  // Llama 4. https://www.llama.com/docs/model-cards-and-prompt-formats/llama4/
  { '<|python_start|>': 'call', ...LLAMA_4_ENDS },
  // Granite and Phi-4, of which the first writes no end.
  { '<|tool_call|>': 'call', '<|/tool_call|>': 'end' },
  // Phi-4-mini. https://github.com/vllm-project/vllm/issues/14682
  { '<|tool_calls|>': 'call', '<|/tool_calls|>': 'end' },
  // FunctionGemma. https://github.com/docker/model-runner/issues/1045
  { '<start_function_call>': 'call', '<end_function_call>': 'end' },
  // OLMo 3. https://github.com/vllm-project/vllm/pull/26143
  { '<function_calls>': 'call', '</function_calls>': 'end' },
  // Gemma 4. https://ai.google.dev/gemma/docs/core/prompt-formatting-gemma4
  { '<|tool_call>': 'call', '<tool_call|>': 'end' },
  // InternLM and Intern-S1. https://github.com/InternLM/InternLM/blob/main/chat/chat_format.md
  { '<|action_start|><|plugin|>': 'call', '<|action_end|>': 'end' },
  // Qwen3-Coder sometimes omits the preceding tag.
  { '<function=': 'call', '</function>': 'end' },
  // Qwen-Agent. https://github.com/QwenLM/Qwen-Agent/blob/main/qwen_agent/llm/fncall_prompts/qwen_fncall_prompt.py
  { '✿FUNCTION✿': 'name', '✿ARGS✿': 'arguments', '✿RESULT✿': 'stop', '✿RETURN✿': 'answer' },
  // Llama 3. https://www.llama.com/docs/model-cards-and-prompt-formats/llama3_1/
  { '<|python_tag|>': 'call', '<|eom_id|>': 'end', '<|eot_id|>': 'end' },
  // Mistral: a list of calls; since 2025 a name and `[ARGS]`.
  // https://docs.mistral.ai/cookbooks/concept-deep-dive-tokenization-tool_calling
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

/**
 * Markers that begin with a letter. Only replies of these models may have them: of all others every word that begins alike
 * would be held back.
 */
export const OF_MODELS: readonly (readonly [models: RegExp, family: MarkerFamily])[] = [
  // Without its special tokens, which servers leave out.
  [/gpt-?oss/i, { 'commentary to=functions.': 'call', '<|call|>': 'end' }],
  // Phi-4-mini. https://github.com/vllm-project/vllm/issues/14682
  [/phi-?4/i, { 'functools[': 'call' }],
]

/**
 * ReAct: labels at the start of a line, followed by a colon. If one is a prefix of another, the longer one comes
 * first.
 */
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
