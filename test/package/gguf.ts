/**
 * Writes GGUF files with random weights.
 * @see https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */

const ALIGNMENT = 32

export const VALUE_TYPES = { u32: 4, i32: 5, f32: 6, bool: 7, text: 8, list: 9 }

export const encode = {
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

export function text(key: string, value: string): Buffer {
  return Buffer.concat([encode.text(key), encode.u32(VALUE_TYPES.text), encode.text(value)])
}

export function count(key: string, value: number): Buffer {
  return Buffer.concat([encode.text(key), encode.u32(VALUE_TYPES.u32), encode.u32(value)])
}

export function list<T>(
  key: string,
  type: number,
  values: readonly T[],
  one: (value: T) => Buffer,
): Buffer {
  const head = [encode.text(key), encode.u32(VALUE_TYPES.list), encode.u32(type)]
  return Buffer.concat([...head, encode.u64(values.length), ...values.map(one)])
}

export function decimal(key: string, value: number): Buffer {
  return Buffer.concat([encode.text(key), encode.u32(VALUE_TYPES.f32), encode.f32(value)])
}

export function flag(key: string, value: boolean): Buffer {
  return Buffer.concat([
    encode.text(key),
    encode.u32(VALUE_TYPES.bool),
    Buffer.from([Number(value)]),
  ])
}

/** Returns a file with random weights, the same bytes every time. */
export function writeGguf(
  metadata: readonly Buffer[],
  tensors: readonly (readonly [name: string, shape: readonly number[]])[],
): Buffer {
  const random = createRandom()
  const infos: Buffer[] = []
  const data: Buffer[] = []
  let offset = 0
  for (const [name, shape] of tensors) {
    const size = shape.reduce((product, side) => product * side, 1)
    const isNorm = /norm|\bln\d/.test(name)
    const weights = Float32Array.from({ length: size }, () => (isNorm ? 1 : random() * 0.6))
    const bytes = pad(Buffer.from(weights.buffer))
    const dimensions = [encode.u32(shape.length), ...shape.map(encode.u64)]
    infos.push(Buffer.concat([encode.text(name), ...dimensions, encode.u32(0), encode.u64(offset)]))
    data.push(bytes)
    offset += bytes.length
  }
  const counts = [encode.u64(tensors.length), encode.u64(metadata.length)]
  const head = [Buffer.from('GGUF'), encode.u32(3), ...counts, ...metadata, ...infos]
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
