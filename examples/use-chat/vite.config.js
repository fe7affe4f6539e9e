// The page asks `/api/chat` at its own address, and Vite passes that on to the Worker.

const { CHAT_SERVER = 'http://localhost:8787' } = process.env
const proxy = { '/api/chat': CHAT_SERVER }

export default { server: { proxy }, preview: { proxy } }
