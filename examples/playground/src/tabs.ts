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

  constructor(onMessage: (message: TabMessage) => void) {
    this.#channel?.addEventListener('message', ({ data }: MessageEvent<TabMessage>) =>
      onMessage(data),
    )
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
