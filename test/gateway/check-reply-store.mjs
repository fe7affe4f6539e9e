/**
 * Checks the contract of reply stores, in any runtime: throws at the first difference.
 */
import { ChatStream, getChatModel } from 'chatwire'
import { resumeResponse } from 'chatwire/server'
import { simulate } from 'chatwire/testing'

/**
 * @param {unknown} actual
 * @param {unknown} expected
 */
function equal(actual, expected) {
  const [given, wanted] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (given !== wanted) throw new Error(`${given} is not ${wanted}`)
}

/** @param {string} body */
const framesOf = (body) =>
  body.split(/(?<=\n\n)/).filter((frame) => frame && !frame.startsWith(':'))

/**
 * @param {import('chatwire/server').ReplyStore} store
 * @param {import('chatwire/testing').Reply} reply
 * @param {string} [chat]
 */
function ask(store, reply, chat) {
  const fetch = simulate('openai', reply)
  const llm = getChatModel({ modelServer: 'openai', model: 'gpt-4o', apiKey: 'sk-1', fetch })
  const stream = llm.chat({ prompt: 'Hi', stream: true })
  const response = stream.toResponse({ resumable: { store, ...(chat && { chat }) } })
  return { response, id: response.headers.get('chatwire-reply-id') ?? '', fetch }
}

/**
 * @param {import('chatwire/server').ReplyStore} store
 * @param {string} id
 * @param {{ method?: string, after?: number }} [options]
 */
function send(store, id, { method = 'GET', after = 0 } = {}) {
  const request = new Request(`http://app.example/?reply=${id}&after=${after}`, { method })
  return resumeResponse(request, { store })
}

/** @param {import('chatwire/server').ReplyStore} store */
export async function checkReplyStore(store) {
  await checkTexts(store)
  equal((await send(store, crypto.randomUUID())).status, 404)
  // A reader from the beginning, and one from every event on, get the same.
  const { response, id } = ask(store, { text: 'Größe 😀 '.repeat(30) })
  const reading = send(store, id).then((served) => served.text())
  const frames = framesOf(await response.text())
  equal(framesOf(await reading), frames)
  for (const after of [1, 7, frames.length - 1, frames.length]) {
    equal(framesOf(await (await send(store, id, { after })).text()), frames.slice(after))
  }
  await checkStop(store)
  return { events: frames.length }
}

/** @param {import('chatwire/server').ReplyStore} store */
async function checkTexts(store) {
  const id = crypto.randomUUID()
  const expiresAt = Date.now() + 3_600_000
  equal(await store.read(id, 0, 0), [])
  const texts = ['a', '"\u{1F600}\n', 'x'.repeat(16_384), 'é'.repeat(16_384), '中'.repeat(16_384)]
  for (let index = 3; index < 120; index++) texts.push(`${index}`)
  for (const [index, text] of texts.entries())
    equal(await store.append(id, index, text, expiresAt), false)
  equal(await store.read(id, 0, 0), texts)
  equal(await store.read(id, 3, 0), texts.slice(3))
  equal(await store.read(id, 100, 0), texts.slice(100))
  equal(await store.read(id, texts.length, 10), [])
  await store.stop(id, expiresAt)
  equal(await store.append(id, texts.length, 'b', expiresAt), true)
  equal((await store.getChat(id)) ?? null, null)
  await store.setChat(id, 'one', expiresAt)
  await store.setChat(id, 'two', expiresAt)
  equal(await store.getChat(id), 'two')
}

/**
 * A second page stops a reply, as another process does: through the store only.
 * @param {import('chatwire/server').ReplyStore} store
 */
async function checkStop(store) {
  const stalled = {
    text: 'One two three',
    fault: /** @type {const} */ ({ kind: 'stall', after: 3 }),
  }
  const chat = crypto.randomUUID()
  const { response, id, fetch } = ask(store, stalled, chat)
  const first = ChatStream.from(response)
  const reading = first.result().catch((error) => error)
  const second = await send(store, id)
  const request = new Request('http://app.example/')
  equal((await resumeResponse(request, { store, chat })).headers.get('chatwire-reply-id'), id)
  await store.stop(id, Date.now() + 3_600_000)
  const error = await reading
  equal([error.name, fetch.requests[0]?.cancelled], ['AbortError', true])
  if (!(await second.text()).includes('AbortError')) throw new Error('The second page was not told')
  equal((await resumeResponse(request, { store, chat })).status, 204)
  equal((await send(store, id, { method: 'DELETE' })).status, 204)
}
