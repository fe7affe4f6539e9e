// A chat page in React: it keeps its messages, and a reload goes on with the reply.
// Run it: npm install && npm run dev, beside ../chat-server
import { StrictMode, useState, useSyncExternalStore } from 'react'
import { createRoot } from 'react-dom/client'
import { createConversation, storeInLocalStorage } from 'chatwire/conversation'

function Chat() {
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

createRoot(document.querySelector('#app') as Element).render(<StrictMode children={<Chat />} />)
