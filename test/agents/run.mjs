/**
 * Runs coding agents, as they are published, against a gateway before a scripted model that calls one of their tools:
 * Claude Code at `/v1/messages`, Codex and Copilot CLI at `/v1/responses`, Qwen Code and OpenCode at
 * `/v1/chat/completions`. They are installed in a temporary folder and reach nothing but loopback. Not part of
 * `npm test`: about 1.2 GB. The log of the last run is `log.txt`.
 * @example npm run build && node test/agents/run.mjs | tee test/agents/log.txt
 */
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { createGateway } from 'chatwire/gateway'
import { simulate } from 'chatwire/testing'

const PACKAGES = {
  '@anthropic-ai/claude-code': '2.1.332',
  '@openai/codex': '0.171.0',
  '@qwen-code/qwen-code': '0.24.4',
  'opencode-ai': '1.18.33',
  '@github/copilot': '1.0.102',
}
const TOKEN = 'token-of-the-app'

const folder = mkdtempSync(join(tmpdir(), 'chatwire-agents-'))
const installed = process.env.AGENTS ?? folder
if (!process.env.AGENTS) {
  const names = Object.entries(PACKAGES).map(([name, version]) => `${name}@${version}`)
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--prefix', folder, ...names])
}
execFileSync(process.execPath, ['install.cjs'], {
  cwd: join(installed, 'node_modules/@anthropic-ai/claude-code'),
})

/** Which tool reads a file, by its name in the requests of each agent. */
const CALLS = {
  Read: (path) => ({ file_path: path }),
  read_file: (path) => ({ absolute_path: path, file_path: path }),
  exec_command: (path) => ({ cmd: `cat ${path}` }),
  shell: (path) => ({ command: ['cat', path] }),
  shell_command: (path) => ({ command: `cat ${path}` }),
  read: (path) => ({ filePath: path }),
  view: (path) => ({ path }),
}

const work = join(folder, 'work')
mkdirSync(work)
const secretFile = join(work, 'secret.txt')
writeFileSync(secretFile, 'The word is heliotrope\n')

/** The model: calls a tool that reads the file, then says what it read. */
const model = simulate('openai', ({ body }) => {
  const result = body.messages.findLast(({ role }) => role === 'tool')
  if (result) {
    const word = /The word is (\w+)/.exec(JSON.stringify(result.content))?.[1]
    return { text: `I read: ${word}`, reasoning: 'Now I know' }
  }
  const name = body.tools?.map((tool) => tool.function.name).find((one) => one in CALLS)
  if (!name) return 'No tool'
  return { reasoning: 'I read the file', toolCalls: [{ name, arguments: CALLS[name](secretFile) }] }
})

const gateway = createGateway({
  models: {
    coder: { model: 'gpt-4o', modelServer: 'openai', apiKey: 'sk-upstream', fetch: model },
  },
  authorize: ({ headers }) => headers.get('authorization') === `Bearer ${TOKEN}`,
  limits: { maxBodyBytes: 16 * 1024 * 1024, maxTokens: 16_384 },
})

const seen = []
const server = createServer(async (incoming, outgoing) => {
  const { method, url, headers } = incoming
  const body = method === 'POST' ? Readable.toWeb(incoming) : null
  const request = new Request(`http://127.0.0.1${url}`, { method, headers, body, duplex: 'half' })
  const response = await gateway(request)
  const text = await response.text()
  seen.push(`${method} ${url} ${response.status}`)
  if (process.env.VERBOSE || response.status >= 400) console.error(seen.at(-1), text.slice(0, 400))
  outgoing.writeHead(response.status, Object.fromEntries(response.headers))
  outgoing.end(text)
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const url = `http://127.0.0.1:${server.address().port}`

const home = join(folder, 'home')
mkdirSync(join(home, '.codex'), { recursive: true })
writeFileSync(
  join(home, '.codex/config.toml'),
  `model = "coder"
model_provider = "gateway"
[model_providers.gateway]
name = "Gateway"
base_url = "${url}/v1"
env_key = "APP_TOKEN"
wire_api = "responses"
`,
)
mkdirSync(join(home, '.config/opencode'), { recursive: true })
const options = { baseURL: `${url}/v1`, apiKey: TOKEN }
const provider = { npm: '@ai-sdk/openai-compatible', options, models: { coder: {} } }
writeFileSync(
  join(home, '.config/opencode/opencode.json'),
  JSON.stringify({ autoupdate: false, provider: { gateway: provider } }),
)

const env = {
  PATH: process.env.PATH,
  HOME: home,
  CI: '1',
  // Nothing but loopback can be reached.
  HTTP_PROXY: 'http://127.0.0.1:9',
  HTTPS_PROXY: 'http://127.0.0.1:9',
  NO_PROXY: '127.0.0.1,localhost',
  APP_TOKEN: TOKEN,
  ANTHROPIC_BASE_URL: url,
  ANTHROPIC_AUTH_TOKEN: TOKEN,
  ANTHROPIC_MODEL: 'coder',
  ANTHROPIC_DEFAULT_HAIKU_MODEL: 'coder',
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  DISABLE_AUTOUPDATER: '1',
  OPENAI_BASE_URL: `${url}/v1`,
  OPENAI_API_KEY: TOKEN,
  OPENAI_MODEL: 'coder',
  OPENCODE_DISABLE_MODELS_FETCH: '1',
  COPILOT_OFFLINE: 'true',
  COPILOT_PROVIDER_BASE_URL: `${url}/v1`,
  COPILOT_PROVIDER_API_KEY: TOKEN,
  COPILOT_PROVIDER_WIRE_API: 'responses',
  COPILOT_MODEL: 'coder',
}
const prompt = 'Which word does secret.txt hold?'
const AGENTS = {
  '@anthropic-ai/claude-code': ['claude', ['-p', prompt, '--allowedTools', 'Read']],
  '@openai/codex': [
    'codex',
    ['exec', '--skip-git-repo-check', '--sandbox', 'danger-full-access', prompt],
  ],
  '@qwen-code/qwen-code': ['qwen', ['-p', prompt, '--yolo', '--auth-type', 'openai']],
  'opencode-ai': ['opencode', ['run', '-m', 'gateway/coder', prompt]],
  '@github/copilot': ['copilot', ['-p', prompt, '--allow-all-tools', '--no-auto-update']],
}

console.log(`${new Date().toISOString().slice(0, 10)}, Node ${process.version}`)
let failures = 0
for (const [name, [command, args]] of Object.entries(AGENTS)) {
  if (process.argv[2] && !name.includes(process.argv[2])) continue
  seen.length = 0
  const { version } = JSON.parse(
    readFileSync(join(installed, 'node_modules', name, 'package.json'), 'utf8'),
  )
  const { output, code } = await run(join(installed, 'node_modules/.bin', command), args)
  const isRight = output.includes('I read: heliotrope')
  failures += Number(!isRight)
  console.log(`${name} ${version}: ${isRight ? 'passed' : `FAILED (exit ${code})`}`)
  for (const line of seen) console.log(`  ${line}`)
  if (!isRight || process.env.VERBOSE) console.log(output.slice(-2000).replace(/^/gm, '  | '))
}
server.close()
rmSync(folder, { recursive: true, force: true })
process.exitCode = Number(failures > 0)

function run(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: work, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const pipe of [child.stdout, child.stderr]) pipe.on('data', (data) => (output += data))
    const timer = setTimeout(() => child.kill('SIGKILL'), 90_000)
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({ output, code })
    })
  })
}
