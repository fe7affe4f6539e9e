import { split, weigh } from './sizes.mjs'
import { transform } from 'esbuild'
const base = "export { OpenAiLLM, runTools, tool } from 'chatwire'"
const { onDemand, initial } = await split(base + "; export * from 'chatwire/otel'")
for (const f of [...onDemand]) {
  if (!/gen_ai|system_instructions/.test(f.code)) continue
  const { code } = await transform(f.code, { minify: true, format: 'esm' })
  console.log(f.fileName, code.length, weigh(code))
  console.log(code)
}
