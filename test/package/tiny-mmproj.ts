/**
 * The eyes of the tiny model: a vision encoder of LLaVA's kind with random weights, as llama.cpp's `mmproj` file.
 * @see https://github.com/ggml-org/llama.cpp/blob/master/docs/multimodal.md
 */
import { count, decimal, encode, flag, list, text, VALUE_TYPES, writeGguf } from './gguf.ts'
import { EMBEDDING } from './tiny-gguf.ts'

const SIDE = 28
const PATCH = 14
/** Number of embeddings that a picture becomes. */
export const PATCHES = (SIDE / PATCH) ** 2
const WIDTH = 32
const FEED_FORWARD = 64
const LAYERS = 2

const METADATA = [
  text('general.architecture', 'clip'),
  text('general.name', 'tiny-eyes'),
  text('general.type', 'mmproj'),
  count('general.file_type', 0),
  flag('clip.has_vision_encoder', true),
  flag('clip.has_audio_encoder', false),
  text('clip.projector_type', 'mlp'),
  flag('clip.use_gelu', true),
  count('clip.vision.image_size', SIDE),
  count('clip.vision.patch_size', PATCH),
  count('clip.vision.embedding_length', WIDTH),
  count('clip.vision.feed_forward_length', FEED_FORWARD),
  count('clip.vision.projection_dim', EMBEDDING),
  count('clip.vision.block_count', LAYERS),
  count('clip.vision.attention.head_count', 2),
  decimal('clip.vision.attention.layer_norm_epsilon', 1e-5),
  list('clip.vision.image_mean', VALUE_TYPES.f32, [0.5, 0.5, 0.5], encode.f32),
  list('clip.vision.image_std', VALUE_TYPES.f32, [0.5, 0.5, 0.5], encode.f32),
]

/** Weights and biases of a matrix. */
const layer = (name: string, from: number, to: number): [string, number[]][] => [
  [`${name}.weight`, [from, to]],
  [`${name}.bias`, [to]],
]
const norm = (name: string): [string, number[]][] => [
  [`${name}.weight`, [WIDTH]],
  [`${name}.bias`, [WIDTH]],
]

const TENSORS: [name: string, shape: number[]][] = [
  ['v.patch_embd.weight', [PATCH, PATCH, 3, WIDTH]],
  ['v.position_embd.weight', [WIDTH, PATCHES]],
  ...Array.from({ length: LAYERS }, (_, index) => `v.blk.${index}`).flatMap((block) => [
    ...norm(`${block}.ln1`),
    ...['attn_q', 'attn_k', 'attn_v', 'attn_out'].flatMap((name) =>
      layer(`${block}.${name}`, WIDTH, WIDTH),
    ),
    ...norm(`${block}.ln2`),
    ...layer(`${block}.ffn_up`, WIDTH, FEED_FORWARD),
    ...layer(`${block}.ffn_down`, FEED_FORWARD, WIDTH),
  ]),
  ...layer('mm.0', WIDTH, EMBEDDING),
  ...layer('mm.2', EMBEDDING, EMBEDDING),
]

/** The file. The same bytes every time. */
export function tinyMmproj(): Buffer {
  return writeGguf(METADATA, TENSORS)
}
