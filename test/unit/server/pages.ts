/** The chat classes of the AI SDK for React, Vue and Svelte, without a page. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { Chat as ReactChat } from '@ai-sdk/react'
import { Chat as VueChat } from '@ai-sdk/vue'
import type { AbstractChat, ChatInit, UIMessage } from 'ai'
import { build } from 'esbuild'
import { compileModule } from 'svelte/compiler'

const root = fileURLToPath(new URL('../../../', import.meta.url))

export type Page = AbstractChat<UIMessage>
export type PageClass = new (init: ChatInit<UIMessage>) => Page

/** Svelte's class is written with runes, which its compiler turns into signals. */
export async function loadSvelteChat(): Promise<PageClass> {
  const folder = mkdtempSync(path.join(root, 'test/unit/server/svelte-'))
  try {
    const outfile = path.join(folder, 'chat.mjs')
    await build({
      stdin: { contents: `export { Chat } from '@ai-sdk/svelte'`, resolveDir: root },
      bundle: true,
      format: 'esm',
      platform: 'node',
      conditions: ['svelte', 'browser'],
      outfile,
      logLevel: 'silent',
      plugins: [
        {
          name: 'svelte',
          setup({ onLoad }) {
            onLoad({ filter: /\.svelte\.js$/ }, ({ path: filename }) => {
              const source = readFileSync(filename, 'utf8')
              return { contents: compileModule(source, { filename, generate: 'client' }).js.code }
            })
          },
        },
      ],
    })
    const { Chat } = (await import(/* @vite-ignore */ outfile)) as { Chat: PageClass }
    return Chat
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export const reactChat = ReactChat as unknown as PageClass
export const vueChat = VueChat as unknown as PageClass
