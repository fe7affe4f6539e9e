/**
 * A llama of one layer with random weights, as a GGUF file of some 120 kB: enough to load and to decode. What it says
 * is noise.
 */
import { count, decimal, encode, list, text, VALUE_TYPES, writeGguf } from './gguf.ts'

/** Size of an embedding, also of those of pictures. */
export const EMBEDDING = 32
const FEED_FORWARD = 64
const HEADS = 2
const CONTEXT = 512

const WORDS = ['the', 'cat', 'sat', 'on', 'mat', 'and', 'ran']
const BYTES = Array.from({ length: 256 }, (_, byte) => `<0x${hex(byte)}>`)
const TOKENS = [
  '<unk>',
  '<s>',
  '</s>',
  ...BYTES,
  '\u2581',
  ...'abcdefghijklmnopqrstuvwxyz',
  ...WORDS.map((word) => `\u2581${word}`),
]
/** Kinds of tokens in GGUF: 1 normal, 2 unknown, 3 control, 6 byte. */
const TYPES = TOKENS.map((_, id) => (id === 0 ? 2 : id < 3 ? 3 : id < 259 ? 6 : 1))
const TEMPLATE =
  "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}assistant:"

function hex(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0')
}

const METADATA = [
  text('general.architecture', 'llama'),
  text('general.name', 'tiny-random'),
  count('general.file_type', 0),
  count('llama.context_length', CONTEXT),
  count('llama.embedding_length', EMBEDDING),
  count('llama.block_count', 1),
  count('llama.feed_forward_length', FEED_FORWARD),
  count('llama.attention.head_count', HEADS),
  count('llama.attention.head_count_kv', HEADS),
  count('llama.rope.dimension_count', EMBEDDING / HEADS),
  count('llama.vocab_size', TOKENS.length),
  decimal('llama.attention.layer_norm_rms_epsilon', 1e-5),
  text('tokenizer.ggml.model', 'llama'),
  list('tokenizer.ggml.tokens', VALUE_TYPES.text, TOKENS, encode.text),
  list(
    'tokenizer.ggml.scores',
    VALUE_TYPES.f32,
    TOKENS.map((_, id) => -id),
    encode.f32,
  ),
  list('tokenizer.ggml.token_type', VALUE_TYPES.i32, TYPES, encode.i32),
  count('tokenizer.ggml.bos_token_id', 1),
  count('tokenizer.ggml.eos_token_id', 2),
  count('tokenizer.ggml.unknown_token_id', 0),
  text('tokenizer.chat_template', TEMPLATE),
]

const SQUARE = [EMBEDDING, EMBEDDING]
const TENSORS: [name: string, shape: number[]][] = [
  ['token_embd.weight', [EMBEDDING, TOKENS.length]],
  ['output_norm.weight', [EMBEDDING]],
  ['output.weight', [EMBEDDING, TOKENS.length]],
  ['blk.0.attn_norm.weight', [EMBEDDING]],
  ...['q', 'k', 'v', 'output'].map((part): [string, number[]] => [
    `blk.0.attn_${part}.weight`,
    SQUARE,
  ]),
  ['blk.0.ffn_norm.weight', [EMBEDDING]],
  ['blk.0.ffn_gate.weight', [EMBEDDING, FEED_FORWARD]],
  ['blk.0.ffn_up.weight', [EMBEDDING, FEED_FORWARD]],
  ['blk.0.ffn_down.weight', [FEED_FORWARD, EMBEDDING]],
]

/** The file. The same bytes every time. */
export function tinyGguf(): Buffer {
  return writeGguf(METADATA, TENSORS)
}
