/**
 * Where keys come from in each runtime, where they may go, and tokens made with WebCrypto.
 */
import { getChatModel } from 'chatwire'
import type { Cases, Lane } from './connect.ts'
import { JSON_TYPE, modelAt, whole } from './frames.ts'

export const keyCases: Cases = (test, assert, connect) => {
  const answer = () => connect.serve({ headers: JSON_TYPE, steps: [{ text: whole('hi') }] })
  const keyOf = async (lane: Lane) =>
    (await lane.seen()).map((request) => request.headers.authorization)

  test("A key comes from the runtime's own environment", async () => {
    const lane = await answer()
    // A platform without a process hands its variables over, as a Worker's `env`; a page has none to hand over.
    const env = connect.hasProcessEnv
      ? undefined
      : { OPENAI_API_KEY: 'sk-of-the-environment', ...connect.env }
    await modelAt(lane, { apiKey: undefined, env }).chat('x')
    assert.deepEqual(await keyOf(lane), ['Bearer sk-of-the-environment'])
  })

  test('`env` wins over the process, `apiKey` over both', async () => {
    const lane = await answer()
    const env = { OPENAI_API_KEY: 'sk-of-the-bag' }
    await modelAt(lane, { apiKey: undefined, env }).chat('x')
    await modelAt(lane, { env }).chat('x')
    assert.deepEqual(await keyOf(lane), ['Bearer sk-of-the-bag', 'Bearer sk-test-key'])
  })

  test("The runtime's own `fetch` may be passed as it is", async () => {
    const lane = await answer()
    // A page's, and workerd's, refuse to be called as a member of something else.
    const result = await modelAt(lane, { fetch: globalThis.fetch }).chat('x')
    assert.equal(result.text, 'hi')
  })

  test('A missing key names its variable', async () => {
    for (const [modelServer, variable] of [
      ['dashscope', 'DASHSCOPE_API_KEY'],
      ['zhipu', 'ZHIPU'],
    ]) {
      await assert.rejects(getChatModel({ model: 'any', modelServer }).chat('x'), (error) => {
        assert.equal(error.name, 'ConfigError')
        assert.equal(error.code, 'missing_api_key')
        assert.ok(error.message.includes(variable), error.message)
      })
    }
  })

  test('A function is asked for a key at every request, sync or not', async () => {
    const lane = await connect.serve(
      { status: 503, headers: { 'retry-after-ms': '1' } },
      { headers: JSON_TYPE, steps: [{ text: whole('hi') }] },
    )
    let asked = 0
    await modelAt(lane, { apiKey: () => `sk-number-${++asked}`, maxRetries: 1 }).chat('x')
    await modelAt(lane, { apiKey: async () => `sk-number-${++asked}` }).chat('x')
    assert.deepEqual(await keyOf(lane), [
      'Bearer sk-number-1',
      'Bearer sk-number-2',
      'Bearer sk-number-3',
    ])
  })

  test('A long-lived key is refused in a page, and only there', async () => {
    const lane = await answer()
    const { window, document } = globalThis as { window?: unknown; document?: unknown }
    const isPage = typeof window === 'object' && typeof document === 'object'
    const reply = modelAt(lane, { dangerouslyAllowBrowser: false }).chat('x')
    if (isPage) {
      await assert.rejects(reply, (error) => {
        assert.equal(error.code, 'browser_key')
        assert.match(error.message, /createRelay/)
        assert.match(error.message, /dangerouslyAllowBrowser/)
      })
    } else {
      assert.equal((await reply).text, 'hi')
    }
    assert.equal((await lane.seen()).length, isPage ? 0 : 1)
  })

  test('A key that cannot stand in a header is refused without being shown', async () => {
    const lane = await answer()
    await assert.rejects(modelAt(lane, { apiKey: 'sk-gehéim\n-x' }).chat('x'), (error) => {
      assert.equal(error.code, 'invalid_config')
      assert.ok(!error.message.includes('gehéim'))
    })
    assert.equal((await lane.seen()).length, 0)
  })

  test('A key never stands in an error of the network', async () => {
    const llm = modelAt({ url: `${connect.refused}/v1?token=sk-in-the-query` })
    await assert.rejects(llm.chat('x'), (error) => {
      const shown = `${error.message} ${JSON.stringify(error)} ${error.stack}`
      assert.ok(!/sk-test-key|sk-in-the-query/.test(shown), shown)
    })
  })

  test('No request header beyond those that a page may send', async () => {
    const lane = await answer()
    await modelAt(lane).chat('x')
    const [{ headers }] = await lane.seen()
    assert.equal(headers['content-type'], 'application/json')
    assert.match(headers.accept, /application\/json/)
    for (const name of Object.keys(headers)) assert.ok(!/^x-(?!forwarded)/.test(name), name)
  })

  test('Zhipu: a JWT is signed with WebCrypto', async () => {
    const lane = await answer()
    const settings = {
      model: 'glm-4.7',
      modelServer: 'zhipu',
      auth: 'jwt' as const,
      apiKey: 'id1234.secret5678',
    }
    const llm = getChatModel({
      ...settings,
      baseURL: lane.url,
      dangerouslyAllowBrowser: true,
    })
    const start = Date.now()
    assert.equal((await llm.chat('x')).text, 'hi')
    const [authorization] = await keyOf(lane)
    assert.ok(!authorization.includes('secret5678'))
    const [head, body, signature] = authorization.replace(/^Bearer /, '').split('.')
    assert.equal(readPart(head).alg, 'HS256')
    assert.equal(readPart(head).sign_type, 'SIGN')
    const claims = readPart(body)
    assert.equal(claims.api_key, 'id1234')
    // Milliseconds, unlike other JWTs.
    assert.ok(Math.abs((claims.timestamp as number) - start) < 120_000)
    assert.ok((claims.exp as number) > start)
    assert.ok(await verify(`${head}.${body}`, signature, 'secret5678'))
  })
}

function toBytes(part: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(part.replaceAll('-', '+').replaceAll('_', '/')), (letter) =>
    letter.charCodeAt(0),
  )
}

function readPart(part: string): Record<string, unknown> {
  return JSON.parse(new TextDecoder().decode(toBytes(part)))
}

async function verify(signed: string, signature: string, secret: string): Promise<boolean> {
  const encoder = new TextEncoder()
  const hmac = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', encoder.encode(secret), hmac, false, ['verify'])
  return crypto.subtle.verify('HMAC', key, toBytes(signature), encoder.encode(signed))
}
