// The page asks `/api/chat` at its own address, and Vite passes that on to ../chat-server.
import { svelte } from '@sveltejs/vite-plugin-svelte'

const { CHAT_SERVER = 'http://localhost:3000' } = process.env
const proxy = { '/api/chat': CHAT_SERVER }

export default { plugins: [svelte()], server: { proxy }, preview: { proxy } }
