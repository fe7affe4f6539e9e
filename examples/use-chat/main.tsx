// A page with `useChat` of the AI SDK, unchanged.
import { createRoot } from 'react-dom/client'
import { useChat } from '@ai-sdk/react'

function Chat() {
  const { messages, status, error, sendMessage, stop, regenerate } = useChat()
  const isRunning = status === 'submitted' || status === 'streaming'
  return (
    <form action={(form) => void sendMessage({ text: form.get('prompt') as string })}>
      {messages.map(({ id, role, parts }) => (
        <p key={id} className={role}>
          {parts.map((part) => (part.type === 'text' ? part.text : '')).join('')}
        </p>
      ))}
      {error && <p role="alert">{error.message}</p>}
      <input name="prompt" aria-label="Your question" required />
      <button disabled={isRunning}>Send</button>
      <button type="button" disabled={!isRunning} onClick={() => void stop()}>
        Stop
      </button>
      <button type="button" disabled={isRunning} onClick={() => void regenerate()}>
        Retry
      </button>
    </form>
  )
}

createRoot(document.querySelector('#app') as Element).render(<Chat />)
