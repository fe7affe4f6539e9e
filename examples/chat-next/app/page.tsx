'use client'
// A chat page in Next: it keeps its messages, and a reload goes on with the reply.
// Run it: npm install && OPENAI_API_KEY=… npx next dev
import { useState, useSyncExternalStore } from 'react'
import { createConversation, storeInLocalStorage } from 'chatwire/conversation'

export default function Chat() {
  const [conversation] = useState(() =>
    createConversation({ url: '/api/chat', storage: storeInLocalStorage() }),
  )
  const { subscribe, getSnapshot, getServerSnapshot, send, stop, retry } = conversation
  const { messages, status, error } = useSyncExternalStore(
    subscribe,
    getSnapshot,
    getServerSnapshot,
  )
  const isRunning = status === 'submitted' || status === 'streaming'
  return (
    <form action={(form) => void send(form.get('prompt') as string)}>
      {messages.map(({ id, role, text, stopped }) => (
        <p key={id} className={role}>
          {text} {stopped && '(stopped)'}
        </p>
      ))}
      {error && <p role="alert">{error.message}</p>}
      <input name="prompt" aria-label="Your question" required />
      <button disabled={isRunning}>Send</button>
      <button type="button" disabled={!isRunning} onClick={stop}>
        Stop
      </button>
      <button type="button" disabled={isRunning} onClick={() => void retry()}>
        Retry
      </button>
    </form>
  )
}
