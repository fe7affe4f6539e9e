/**
 * A model for transformers.js in a few kB: one ONNX node that looks the next word up in a table, so that each word of
 * the vocabulary is followed by the next.
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3
 */

const WORDS = '<s> </s> user assistant : the cat sat on a mat and ran'.split(' ')
const [BEGIN, END] = WORDS
const FLOAT = 1
const INT64 = 7

/** Protocol Buffers: a number, and bytes with their length. */
const int = (field: number, value: number) => Buffer.concat([varint(field * 8), varint(value)])
const bytes = (field: number, value: string | Buffer) => {
  const content = Buffer.from(value as string)
  return Buffer.concat([varint(field * 8 + 2), varint(content.length), content])
}

function varint(value: number): Buffer {
  return value < 128
    ? Buffer.from([value])
    : Buffer.concat([Buffer.from([(value & 127) | 128]), varint(value >> 7)])
}

/** A `ValueInfoProto`: names are free dimensions. */
function tensor(name: string, type: number, ...dimensions: (string | number)[]): Buffer {
  const shape = dimensions.map((one) =>
    bytes(1, typeof one === 'string' ? bytes(2, one) : int(1, one)),
  )
  const typed = Buffer.concat([int(1, type), bytes(2, Buffer.concat(shape))])
  return Buffer.concat([bytes(1, name), bytes(2, bytes(1, typed))])
}

function graph(): Buffer {
  const size = WORDS.length
  const table = new Float32Array(size * size)
  for (let id = 0; id < size; id++) table[id * size + (id + 1 < size ? id + 1 : 1)] = 10
  const dimensions = [int(1, size), int(1, size), int(2, FLOAT)]
  const node = [bytes(1, 'table'), bytes(1, 'input_ids'), bytes(2, 'logits'), bytes(4, 'Gather')]
  return Buffer.concat([
    bytes(1, Buffer.concat(node)),
    bytes(2, 'tiny'),
    bytes(
      5,
      Buffer.concat([...dimensions, bytes(8, 'table'), bytes(9, Buffer.from(table.buffer))]),
    ),
    bytes(11, tensor('input_ids', INT64, 'batch', 'length')),
    bytes(11, tensor('attention_mask', INT64, 'batch', 'length')),
    bytes(12, tensor('logits', FLOAT, 'batch', 'length', size)),
  ])
}

/** Returns the files of the model, by their names in its folder. */
export function tinyOnnx(): Record<string, string | Buffer> {
  const special = {
    special: true,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
  }
  const config = {
    model_type: 'gpt2',
    architectures: ['GPT2LMHeadModel'],
    n_layer: 0,
    n_head: 1,
    n_embd: 8,
    vocab_size: WORDS.length,
    bos_token_id: 0,
    eos_token_id: 1,
  }
  const tokenizer = {
    version: '1.0',
    added_tokens: [BEGIN, END].map((content, id) => ({ id, content, ...special })),
    truncation: null,
    padding: null,
    normalizer: null,
    post_processor: null,
    decoder: null,
    pre_tokenizer: { type: 'Whitespace' },
    model: {
      type: 'WordLevel',
      vocab: Object.fromEntries(WORDS.map((word, id) => [word, id])),
      unk_token: BEGIN,
    },
  }
  const template =
    "{% for m in messages %}{{ m['role'] }} : {{ m['content'] }} {% endfor %}assistant :"
  return {
    'config.json': JSON.stringify(config),
    'generation_config.json': JSON.stringify({ eos_token_id: 1 }),
    'tokenizer.json': JSON.stringify(tokenizer),
    'tokenizer_config.json': JSON.stringify({
      tokenizer_class: 'PreTrainedTokenizer',
      bos_token: BEGIN,
      eos_token: END,
      chat_template: template,
    }),
    'onnx/model.onnx': Buffer.concat([
      int(1, 8),
      bytes(7, graph()),
      bytes(8, Buffer.concat([bytes(1, ''), int(2, 13)])),
    ]),
  }
}
