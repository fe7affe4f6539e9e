/**
 * Several tabs on the same chats: each hears what another has written, and which one receives a reply.
 */
export interface TabMessage {
  chatId: string
  isRunning: boolean
}

export class Tabs {
  #channel =
    typeof BroadcastChannel === 'function' ? new BroadcastChannel('chatwire-playground') : undefined

  #early: TabMessage[] = []
  #onMessage = (message: TabMessage): void => void this.#early.push(message)

  constructor() {
    this.#channel?.addEventListener('message', ({ data }: MessageEvent<TabMessage>) =>
      this.#onMessage(data),
    )
  }

  /** Passes on what other tabs tell, first what they have told since the channel was opened. */
  listen(onMessage: (message: TabMessage) => void): void {
    this.#onMessage = onMessage
    for (const message of this.#early.splice(0)) onMessage(message)
  }

  /** A chat has been saved or removed. */
  tell(message: TabMessage): void {
    this.#channel?.postMessage(message)
  }

  /** Marks the reply as received by this tab, until `end` settles. */
  hold(chatId: string, end: Promise<void>): void {
    void navigator.locks?.request(lockOf(chatId), { mode: 'shared' }, () => end)
  }

  /** Resolves when no other tab receives a reply in this chat any more, be it that it was closed. */
  async waitForOthers(chatId: string): Promise<void> {
    await navigator.locks?.request(lockOf(chatId), () => {})
  }
}

function lockOf(chatId: string): string {
  return `chatwire-playground:${chatId}`
}
