/**
 * Attacks by untrusted clients, one by one, in Node and in workerd.
 */
import { request as nodeRequest } from 'node:http'
import type { Script } from 'chatwire/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Place } from './places.ts'
import { KEY, PLACES, TOKEN } from './places.ts'
import { checkBody } from './schema.ts'

const messages = [{ role: 'user', content: 'Hi' }]
const SECRET = 'the upstream says: account 42 at dashscope.aliyuncs.com'

describe.each(Object.entries(PLACES))('in %s', (_name, start) => {
  let place: Place
  beforeAll(async () => (place = await start()))
  afterAll(() => place.close())

  const say = (script: Script) => place.vendors.openai.use(script)
  const asked = () => place.vendors.openai.requests.length
  const send = (
    body: BodyInit | null,
    headers: Record<string, string> = {},
    { base = '', ...more }: { base?: string; duplex?: 'half' } = {},
  ) =>
    fetch(`${place.url}${base}/v1/chat/completions`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${TOKEN}`,
        'content-type': 'application/json',
        ...headers,
      },
      body,
      ...more,
    } as RequestInit)
  const ask = (body: object, headers?: Record<string, string>) =>
    send(JSON.stringify({ model: 'openai', messages, ...body }), headers)

  /** Judges the shape, and that nothing of the upstream is in it. */
  async function refusal(answer: Promise<Response>, status: number): Promise<any> {
    const response = await answer
    const body = await response.text()
    expect([response.status, body]).toEqual([status, expect.any(String)])
    checkBody(response.status, 'application/json', body)
    const told = body + JSON.stringify([...response.headers])
    expect(told).not.toMatch(/account 42|aliyuncs|simulated|dashscope"|zhipu"|gpt-4o|qwen|glm/i)
    expect(told).not.toContain(KEY)
    const { error } = JSON.parse(body)
    expect(response.headers.get('x-request-id')).toBe(error.request_id)
    return error
  }

  test('strangers are not let in, and no model is asked', async () => {
    const before = asked()
    await refusal(ask({}, { authorization: 'Bearer guessed' }), 401)
    await refusal(send(JSON.stringify({ model: 'openai', messages }), { authorization: '' }), 401)
    await refusal(fetch(`${place.url}/v1/models`), 401)
    expect(asked()).toBe(before)
  })

  test.each([
    ['base_url', 'http://127.0.0.1:1'],
    ['baseURL', 'http://127.0.0.1:1'],
    ['api_key', 'sk-other'],
    ['headers', { authorization: 'x' }],
    ['extra_body', { model: 'gpt-5' }],
    ['extraBody', { model: 'gpt-5' }],
    ['extra_headers', { 'x-a': 'b' }],
    ['modelServer', 'openai'],
    ['enable_search', true],
    ['__proto__x', {}],
    ['signal', {}],
  ])('a body with `%s` is refused', async (member, value) => {
    const before = asked()
    expect(await refusal(ask({ [member]: value }), 400)).toMatchObject({ param: member })
    expect(asked()).toBe(before)
  })

  test('`__proto__` in a body changes nothing', async () => {
    const before = asked()
    const members = `"model":"openai","messages":${JSON.stringify(messages)}`
    await refusal(send(`{${members},"__proto__":{"baseURL":"http://127.0.0.1:1"}}`), 400)
    expect(asked()).toBe(before)
    say('Hello')
    const message = '{"role":"assistant","content":"Hi","__proto__":{"content":"evil"}}'
    const answer = await send(
      `{"model":"openai","messages":[${message},{"role":"user","content":"Hi"}]}`,
    )
    expect(answer.status).toBe(200)
    expect(JSON.stringify(place.vendors.openai.requests.at(-1)?.body)).not.toContain('evil')
  })

  test.each([
    'gpt-4o',
    'constructor',
    '__proto__',
    'openai:gpt-4o',
    'http://127.0.0.1:1',
    'OPENAI',
  ])('the model "%s" is not on the list', async (model) => {
    const before = asked()
    const response = await ask({ model })
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ error: { code: 'model_not_found' } })
    expect(asked()).toBe(before)
  })

  test('tools that a vendor would run are refused', async () => {
    const tool = { type: 'mcp', server_url: 'http://127.0.0.1:1', server_label: 'x' }
    expect(await refusal(ask({ tools: [tool] }), 400)).toMatchObject({ param: 'tools[0].type' })
  })

  test('headers of the caller do not travel', async () => {
    say('Hello')
    await (await ask({}, { cookie: 'a=b', 'x-evil': '1', 'openai-organization': 'org' })).text()
    const { headers } = place.vendors.openai.requests.at(-1) as { headers: Record<string, string> }
    expect(headers.authorization).toBe(`Bearer ${KEY}`)
    expect(JSON.stringify(headers)).not.toMatch(/x-evil|cookie|organization|token-of-the-app/)
  })

  test('a body that says that it is large is refused at once', async () => {
    const { port } = new URL(place.url)
    const headers = {
      authorization: `Bearer ${TOKEN}`,
      'content-type': 'application/json',
      'content-length': '4194305',
    }
    const status = await new Promise((resolve, reject) => {
      const options = { port, method: 'POST', path: '/v1/chat/completions', headers }
      const request = nodeRequest(options, (response) => {
        resolve(response.statusCode)
        request.destroy()
      })
      request.on('error', reject)
      request.write('{"model":') // it says no more, and has its answer
    })
    expect(status).toBe(413)
  })

  test('a body without a length is counted', async () => {
    const piece = new TextEncoder().encode(`"${'x'.repeat(262_144)}",`)
    let sent = 0
    const body = new ReadableStream({
      pull(controller) {
        if (sent++ < 64) controller.enqueue(piece)
        else controller.close()
      },
    })
    // A server that hangs up on a client that goes on sending may be felt before its answer is read.
    const answer = await send(body, {}, { duplex: 'half' }).catch(() => undefined)
    if (answer) expect(answer.status).toBe(413)
    expect(asked()).toBeLessThan(1000)
  })

  test.each([
    ['deep', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['deep inside', `{"model":"openai","messages":${'{"a":'.repeat(65)}1${'}'.repeat(65)}}`],
    ['cut', '{"model":"openai","mess'],
    ['no JSON', 'model=openai'],
    ['null', 'null'],
    ['a list', '[1]'],
    ['empty', ''],
  ])('a body that is %s is refused', async (_what, body) => {
    await refusal(send(body), 400)
  })

  test('too many messages are refused', async () => {
    const many = Array.from({ length: 1001 }, () => messages[0])
    expect(await refusal(ask({ messages: many }), 400)).toMatchObject({ param: 'messages' })
    await refusal(ask({ messages: [] }), 400)
  })

  test('a form of a foreign page is refused', async () => {
    await refusal(
      send(JSON.stringify({ model: 'openai', messages }), { 'content-type': 'text/plain' }),
      415,
    )
  })

  test('other methods and other paths are refused', async () => {
    const headers = { authorization: `Bearer ${TOKEN}` }
    await refusal(fetch(`${place.url}/v1/chat/completions`, { headers }), 405)
    await refusal(fetch(`${place.url}/v1/models`, { method: 'DELETE', headers }), 405)
    await refusal(fetch(`${place.url}/v1/files`, { headers }), 404)
    await refusal(fetch(`${place.url}/elsewhere`, { headers }), 404)
    await refusal(fetch(`${place.url}/`, { method: 'POST', headers }), 405)
  })

  test('nothing that a caller says ends up in a header', async () => {
    const model = 'x\r\nset-cookie: a=b'
    const response = await ask({ model }, { 'x-request-id': 'mine' })
    expect(response.headers.get('set-cookie')).toBeNull()
    expect(response.headers.get('x-request-id')).toMatch(/^req_[\da-f]{32}$/)
    const preflight = await fetch(`${place.url}/v1/chat/completions`, {
      method: 'OPTIONS',
      headers: { origin: 'https://a.example', 'access-control-request-headers': '(x); "y"' },
    })
    expect(preflight.headers.get('access-control-allow-headers')).toBe(
      'authorization, content-type',
    )
  })

  test('a preflight reflects the headers asked for, and allows no cookies', async () => {
    const names = 'authorization,content-type,x-stainless-arch,x-stainless-os'
    const { status, headers } = await fetch(`${place.url}/v1/chat/completions`, {
      method: 'OPTIONS',
      headers: { origin: 'https://a.example', 'access-control-request-headers': names },
    })
    expect([status, headers.get('access-control-allow-headers')]).toEqual([204, names])
    expect(headers.get('access-control-allow-credentials')).toBeNull()
  })

  test.each([400, 401, 402, 403, 404, 429, 500, 503])(
    'what the server says with %i stays here',
    async (status) => {
      const headers = { 'retry-after': '7', 'x-account': '42' }
      const error = { status, message: SECRET, code: 'secret_code', headers }
      say({ error })
      for (const stream of [true, false]) {
        const response = ask({ stream })
        const expected = { 400: 400, 429: 429, 503: 503 }[status] ?? 502
        await refusal(response, expected)
        if (status === 429) expect((await response).headers.get('retry-after')).toBe('7')
      }
    },
  )

  test('what it says in the middle of a stream stays here too', async () => {
    say({ text: 'Hello there', error: { message: SECRET, inStream: true } })
    const response = await ask({ stream: true })
    const body = await response.text()
    checkBody(200, 'text/event-stream', body)
    expect(body).toContain('"error"')
    expect(body).not.toMatch(/account 42|\[DONE\]/)
    expect(body).toContain(response.headers.get('x-request-id'))
  })

  test('a list of models fails over silently', async () => {
    say('From the spare')
    const answer = await ask({ model: 'spare' })
    expect(await answer.json()).toMatchObject({
      model: 'spare',
      choices: [{ message: { content: 'From the spare' } }],
    })
  })

  test('a silent model is heard of by comments', async () => {
    say({ text: 'late', fault: { kind: 'delayHeaders', ms: 180 } })
    const asked = JSON.stringify({ model: 'openai', messages, stream: true })
    const body = await (await send(asked, {}, { base: '/lively' })).text()
    expect(body).toMatch(/^: ping\n\n(: ping\n\n)*data: /)
    checkBody(200, 'text/event-stream', body)
  })
})
