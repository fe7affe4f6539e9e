// The page asks `/llm` at its own address; Vite passes that on to the model server and adds the key,
// so the key is never in the page. Online, a server of yours must do the same.
const { OPENAI_API_KEY, OPENAI_BASE_URL = 'https://api.openai.com/v1' } = process.env

const proxy = {
  '/llm': {
    target: OPENAI_BASE_URL,
    changeOrigin: true,
    rewrite: (path) => path.slice('/llm'.length),
    headers: { authorization: `Bearer ${OPENAI_API_KEY}` },
  },
}

export default { server: { proxy }, preview: { proxy } }
