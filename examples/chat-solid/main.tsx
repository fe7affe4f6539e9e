// A chat page in Solid: it keeps its messages, and a reload goes on with the reply.
// Run it: npm install && npm run dev, beside ../chat-server
import { For, from, Show } from 'solid-js'
import { render } from 'solid-js/web'
import { createConversation, storeInLocalStorage } from 'chatwire/conversation'

function Chat() {
  const conversation = createConversation({ url: '/api/chat', storage: storeInLocalStorage() })
  const snapshot = from(conversation, conversation.getSnapshot())
  const isRunning = () => ['submitted', 'streaming'].includes(snapshot().status)
  const send = (event: SubmitEvent) => {
    event.preventDefault()
    const form = event.target as HTMLFormElement
    void conversation.send(new FormData(form).get('prompt') as string)
    form.reset()
  }
  return (
    <form onSubmit={send}>
      <For each={snapshot().messages}>
        {({ role, text, stopped }) => (
          <p class={role}>
            {text} {stopped && '(stopped)'}
          </p>
        )}
      </For>
      <Show when={snapshot().error}>{(error) => <p role="alert">{error().message}</p>}</Show>
      <input name="prompt" aria-label="Your question" required />
      <button disabled={isRunning()}>Send</button>
      <button type="button" disabled={!isRunning()} onClick={conversation.stop}>
        Stop
      </button>
      <button type="button" disabled={isRunning()} onClick={() => void conversation.retry()}>
        Retry
      </button>
    </form>
  )
}

render(() => <Chat />, document.querySelector('#app') as Element)
