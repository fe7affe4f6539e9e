/**
 * A llama of one layer with random weights, as a GGUF file of some 120 kB: enough to load and to decode. What it says
 * is noise.
 * @see https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */

const EMBEDDING = 32
const FEED_FORWARD = 64
const HEADS = 2
const CONTEXT = 512
const ALIGNMENT = 32

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

const VALUE_TYPES = { u32: 4, i32: 5, f32: 6, text: 8, list: 9 }

const encode = {
  u32: (value: number) => number(4, (bytes) => bytes.writeUInt32LE(value)),
  i32: (value: number) => number(4, (bytes) => bytes.writeInt32LE(value)),
  f32: (value: number) => number(4, (bytes) => bytes.writeFloatLE(value)),
  u64: (value: number) => number(8, (bytes) => bytes.writeBigUInt64LE(BigInt(value))),
  text: (value: string) =>
    Buffer.concat([encode.u64(Buffer.byteLength(value)), Buffer.from(value)]),
}

function number(size: number, write: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.alloc(size)
  write(bytes)
  return bytes
}

function hex(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0')
}

function text(key: string, value: string): Buffer {
  return Buffer.concat([encode.text(key), encode.u32(VALUE_TYPES.text), encode.text(value)])
}

function count(key: string, value: number): Buffer {
  return Buffer.concat([encode.text(key), encode.u32(VALUE_TYPES.u32), encode.u32(value)])
}

function list<T>(
  key: string,
  type: number,
  values: readonly T[],
  one: (value: T) => Buffer,
): Buffer {
  const head = [encode.text(key), encode.u32(VALUE_TYPES.list), encode.u32(type)]
  return Buffer.concat([...head, encode.u64(values.length), ...values.map(one)])
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
  Buffer.concat([
    encode.text('llama.attention.layer_norm_rms_epsilon'),
    encode.u32(VALUE_TYPES.f32),
    encode.f32(1e-5),
  ]),
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
  const random = createRandom()
  const infos: Buffer[] = []
  const data: Buffer[] = []
  let offset = 0
  for (const [name, shape] of TENSORS) {
    const size = shape.reduce((product, side) => product * side, 1)
    const isNorm = name.includes('norm')
    const weights = Float32Array.from({ length: size }, () => (isNorm ? 1 : random() * 0.6))
    const bytes = pad(Buffer.from(weights.buffer))
    const dimensions = [encode.u32(shape.length), ...shape.map(encode.u64)]
    infos.push(Buffer.concat([encode.text(name), ...dimensions, encode.u32(0), encode.u64(offset)]))
    data.push(bytes)
    offset += bytes.length
  }
  const counts = [encode.u64(TENSORS.length), encode.u64(METADATA.length)]
  const head = [Buffer.from('GGUF'), encode.u32(3), ...counts, ...METADATA, ...infos]
  return Buffer.concat([pad(Buffer.concat(head)), ...data])
}

function pad(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((ALIGNMENT - (bytes.length % ALIGNMENT)) % ALIGNMENT)])
}

/** From -0.5 to 0.5, the same every time (a linear congruential generator). */
function createRandom(): () => number {
  let state = 1
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32 - 0.5
  }
}
