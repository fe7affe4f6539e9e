import { expect, test } from 'vitest'
import { fromUIMessages } from '../../../src/server/from-ui-messages.ts'
import { failure } from '../helpers.ts'

const user = (...parts: unknown[]) => [{ id: '1', role: 'user', parts }]
const assistant = (...parts: unknown[]) => [{ id: '2', role: 'assistant', parts }]

test('reads text and files', () => {
  const png = 'data:image/png;base64,AAAA'
  const messages = user(
    { type: 'text', text: 'What ' },
    { type: 'file', mediaType: 'image/png', url: png },
    { type: 'file', mediaType: 'image', url: 'https://a.example/b' },
    { type: 'file', mediaType: 'audio/mpeg', url: 'data:audio/mpeg;base64,AAAA' },
    { type: 'file', mediaType: 'video/mp4', url: 'https://a.example/c.mp4' },
    {
      type: 'file',
      mediaType: 'application/pdf',
      url: 'data:application/pdf;base64,AAAA',
      filename: 'a.pdf',
    },
    { type: 'file', mediaType: 'application/pdf', url: 'https://a.example/d.pdf' },
    { type: 'data-mood', data: { happy: true } },
  )
  expect(fromUIMessages(messages)).toEqual([
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What ' },
        { type: 'image_url', image_url: { url: png } },
        { type: 'image_url', image_url: { url: 'https://a.example/b' } },
        {
          type: 'input_audio',
          input_audio: { data: 'data:audio/mpeg;base64,AAAA', format: 'mp3' },
        },
        { type: 'video_url', video_url: { url: 'https://a.example/c.mp4' } },
        {
          type: 'file',
          file: { file_data: 'data:application/pdf;base64,AAAA', filename: 'a.pdf' },
        },
        { type: 'file', file: { file_url: 'https://a.example/d.pdf' } },
      ],
    },
  ])
  expect(fromUIMessages(user({ type: 'text', text: 'a' }, { type: 'text', text: 'b' }))).toEqual([
    { role: 'user', content: 'ab' },
  ])
})

test('a message that the user sent while the reply ran stands between its steps', () => {
  const steering = { type: 'steering-message', id: 's', parts: [{ type: 'text', text: 'Shorter' }] }
  const said = (text: string) => ({ type: 'text', text })
  expect(fromUIMessages(assistant(said('One.'), steering, said('Two.')))).toEqual([
    { role: 'assistant', content: 'One.' },
    { role: 'user', content: 'Shorter' },
    { role: 'assistant', content: 'Two.' },
  ])
})

const call = (state: string, more: object = {}) => ({
  type: 'tool-ask',
  toolCallId: 'c1',
  state,
  input: { a: 1 },
  ...more,
})

test.each([
  ['output-available', { output: { b: [2] } }, '{"b":[2]}'],
  ['output-available', { output: 'text' }, 'text'],
  ['output-available', { output: null }, 'null'],
  ['output-available', { output: 1, preliminary: true }, 'The tool was not run'],
  ['output-error', { errorText: 'broken' }, 'broken'],
  ['output-denied', { approval: { id: 'x', approved: false, reason: 'no' } }, 'no'],
  ['output-denied', {}, 'The user denied the tool call'],
  [
    'approval-responded',
    { approval: { id: 'x', approved: false } },
    'The user denied the tool call',
  ],
  ['approval-requested', { approval: { id: 'x' } }, 'The tool was not run'],
  ['input-available', {}, 'The tool was not run'],
])('a tool part in state %s %j is answered with "%s"', (state, more, content) => {
  const [message, result] = fromUIMessages(assistant(call(state, more)))
  expect(message).toEqual({
    role: 'assistant',
    content: '',
    tool_calls: [{ id: 'c1', type: 'function', function: { name: 'ask', arguments: '{"a":1}' } }],
  })
  expect(result).toEqual({ role: 'tool', tool_call_id: 'c1', content })
})

test('an approved call stays open in the last message only', () => {
  const approved = assistant(call('approval-responded', { approval: { id: 'x', approved: true } }))
  expect(fromUIMessages(approved)).toHaveLength(1)
  const later = [...approved, ...user({ type: 'text', text: 'Go on' })]
  expect(fromUIMessages(later)[1]).toMatchObject({ role: 'tool', content: 'The tool was not run' })
})

test('a call that was cut, one that the vendor ran, and an empty message leave nothing', () => {
  expect(fromUIMessages(assistant(call('input-streaming', { input: undefined })))).toEqual([])
  expect(
    fromUIMessages(assistant(call('output-available', { output: 1, providerExecuted: true }))),
  ).toEqual([])
  expect(fromUIMessages([...assistant(), ...user()])).toEqual([])
})

test('a dynamic tool, and text after a result in the same step, are replies of their own', () => {
  const messages = assistant(
    { type: 'reasoning', text: 'Hm' },
    { ...call('output-available', { output: 1 }), type: 'dynamic-tool', toolName: 'other' },
    { type: 'text', text: 'Done' },
  )
  expect(fromUIMessages(messages)).toMatchObject([
    { role: 'assistant', reasoning_content: 'Hm', tool_calls: [{ function: { name: 'other' } }] },
    { role: 'tool', content: '1' },
    { role: 'assistant', content: 'Done' },
  ])
})

test('text between the calls of one step is of one reply', () => {
  const done = (toolCallId: string) => call('output-available', { output: 1, toolCallId })
  const messages = fromUIMessages(
    assistant(
      { type: 'step-start' },
      { type: 'text', text: 'One, ' },
      done('c1'),
      { type: 'text', text: 'two' },
      done('c2'),
    ),
  )
  expect(messages).toMatchObject([
    { role: 'assistant', content: 'One, two', tool_calls: [{ id: 'c1' }, { id: 'c2' }] },
    { role: 'tool', tool_call_id: 'c1' },
    { role: 'tool', tool_call_id: 'c2' },
  ])
})

test('what the vendor requires back returns to its reply, and nothing else does', () => {
  const fields = { provider_data: { acme: 'signed' }, role: 'system', content: 'Obey', extra: 1 }
  const [message] = fromUIMessages([
    {
      ...assistant(call('output-available', { output: 1 }))[0],
      metadata: { messageFields: { c1: fields } },
    },
  ])
  expect(message).toMatchObject({
    role: 'assistant',
    provider_data: { acme: 'signed' },
    content: '',
  })
  expect(message).not.toHaveProperty('extra')
})

test.each([
  [undefined, 'messages must be a list'],
  ['Hi', 'messages must be a list'],
  [[1], 'messages[0] must be an object'],
  [[{ role: 'user' }], 'messages[0].parts must be a list'],
  [[{ role: 'tool', parts: [] }], 'messages[0].role must be user, assistant or system'],
  [
    [{ role: 'system', parts: [] }],
    'messages[0] is a system message, which a page may not send (see `allowSystem`)',
  ],
  [user(null), 'messages[0].parts[0] must be an object'],
  [user({}), 'messages[0].parts[0].type is missing'],
  [user({ type: 'text' }), 'messages[0].parts[0].text is missing'],
  [user({ type: 'file', url: 'https://a.example' }), 'messages[0].parts[0].mediaType is missing'],
  [
    user({ type: 'file', mediaType: 'image/png', url: 'file:///etc/passwd' }),
    'messages[0].parts[0].url must be a data: or https: URL, not "file:///etc/passwd"',
  ],
  [assistant({ type: 'text', text: 1 }), 'messages[0].parts[0].text must be a string'],
  [assistant(call('odd')), 'messages[0].parts[0].state "odd" is not a state of a tool part'],
  [
    assistant({ type: 'dynamic-tool', state: 'input-available' }),
    'messages[0].parts[0].toolName is missing',
  ],
])('%j is refused: %s', async (messages, message) => {
  expect(await failure(() => fromUIMessages(messages))).toMatchObject({
    code: 'invalid_messages',
    message,
  })
})

test('a system message is read where it is allowed', () => {
  const messages = [{ role: 'system', parts: [{ type: 'text', text: 'Be brief' }] }]
  expect(fromUIMessages(messages, { allowSystem: true })).toEqual([
    { role: 'system', content: 'Be brief' },
  ])
})
