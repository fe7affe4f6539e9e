// The page asks `/api/chat` at its own address, and Vite passes that on to ../chat-server.

const { CHAT_SERVER = 'http://localhost:3000' } = process.env
const proxy = { '/api/chat': CHAT_SERVER }

export default { server: { proxy }, preview: { proxy } }
