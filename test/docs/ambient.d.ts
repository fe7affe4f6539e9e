/** Types of platforms that the pages use and whose own types are not installed. */
declare module 'expo/fetch' {
  export function fetch(url: string, init?: object): Promise<object>
}

declare namespace chrome.storage {
  const local: {
    get(name: string): Promise<Record<string, any>>
    set(values: Record<string, unknown>): Promise<void>
  }
}

declare module 'redis' {
  export function createClient(): {
    connect(): Promise<{ sendCommand(command: string[]): Promise<unknown> }>
  }
}
