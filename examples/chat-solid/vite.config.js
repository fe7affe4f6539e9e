// The page asks `/api/chat` at its own address, and Vite passes that on to ../chat-server.
import solid from 'vite-plugin-solid'

const { CHAT_SERVER = 'http://localhost:3000' } = process.env
const proxy = { '/api/chat': CHAT_SERVER }

export default { plugins: [solid()], server: { proxy }, preview: { proxy } }
