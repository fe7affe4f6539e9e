/**
 * A fake of the browser's Prompt API, as strict as the page of its specification. One function without imports, so
 * that a page can be given it (`page.addInitScript`).
 */

/** The behavior of the fake model. Plain data. */
export interface FakeOptions {
  /** @default 'available' */
  availability?: string
  /** Its reply. @default a greeting */
  pieces?: string[]
  /** Each piece is the whole text so far, as before Chrome 129. */
  cumulative?: boolean
  /** The naming of its token counts. @default 'new' */
  names?: 'new' | 'old' | 'none'
  /** Tokens (here: words) that a session has room for. */
  window?: number
  /** Fails after this many chunks, with this error. */
  breaks?: { after: number; name: string }
  /** Goes silent after this many chunks. */
  stallsAfter?: number
  /** The error that `create` throws. */
  createError?: string
  /** `create` never answers, and does not hear of an abort. */
  createStalls?: boolean
  /** The download progress it reports. */
  progress?: { loaded: number; total?: number }[]
  /** As in an extension. */
  params?: { defaultTemperature: number; defaultTopK: number }
  /** Where it is. @default 'LanguageModel' */
  place?: 'LanguageModel' | 'ai'
}

/** Its recorded calls. */
export interface FakeLog {
  created: Record<string, any>[]
  asked: { input: any; options: Record<string, any> }[]
  /** The end of each session. */
  sessions: { destroyed: boolean; cancelled: boolean; signal: AbortSignal | undefined }[]
  /** Finishes a `create` that stalls. */
  finishCreate: () => void
}

/** Puts the fake into the global scope, and its log beside it as `fakeLog`. */
export function installFake(options: FakeOptions = {}): FakeLog {
  const log: FakeLog = { created: [], asked: [], sessions: [], finishCreate() {} }
  const count = (content: any): number => {
    if (content instanceof Blob) return 1
    if (typeof content === 'string') return content.split(/\s+/).filter(Boolean).length
    return content.reduce((sum: number, one: any) => sum + count(one.value ?? one.content), 0)
  }
  const fail = (name: string, words = `It is ${name}`) =>
    name === 'TypeError' ? new TypeError(words) : new DOMException(words, name)
  const checkTypes = (prompts: any[], expected: any[] = []) => {
    for (const { role, content } of prompts) {
      for (const part of typeof content === 'string' ? [] : content) {
        const known = part.type === 'text' || expected.some(({ type }) => type === part.type)
        if (!known || (role === 'assistant' && part.type !== 'text'))
          throw fail('NotSupportedError')
        if (part.type !== 'text' && !(part.value instanceof Blob)) throw fail('TypeError')
      }
    }
  }
  const guard: { open: boolean } = { open: false }

  class FakeModel extends EventTarget {
    #state = { destroyed: false, cancelled: false, signal: undefined as AbortSignal | undefined }
    #used = 0
    #options: any

    constructor(given: any) {
      super()
      if (!guard.open) throw new TypeError('Illegal constructor')
      this.#options = given
      this.#state.signal = given.signal
      this.#used = count(given.initialPrompts ?? [])
      log.sessions.push(this.#state)
      const { names = 'new' } = options
      const get = () => this.#used
      const measure = async (input: any) => count(input)
      if (names === 'new') {
        Object.defineProperty(this, 'contextUsage', { get })
        Object.assign(this, { contextWindow: options.window ?? 4096, measureContextUsage: measure })
      }
      if (names === 'old') {
        Object.defineProperty(this, 'inputUsage', { get })
        Object.assign(this, { inputQuota: options.window ?? 4096, measureInputUsage: measure })
      }
    }

    static async availability(given: any = {}): Promise<string> {
      const { availability = 'available' } = options
      if (availability === 'rejects') throw fail('InvalidStateError')
      const types: string[] = (given.expectedInputs ?? []).map(({ type }: any) => type)
      return types.every((type) => ['text', 'image', 'audio'].includes(type))
        ? availability
        : 'unavailable'
    }

    static async create(given: any = {}): Promise<FakeModel> {
      log.created.push(given)
      given.signal?.throwIfAborted()
      if (options.createError) throw fail(options.createError)
      if (/^(unavailable|no)$/.test(options.availability ?? '')) throw fail('NotSupportedError')
      const prompts: any[] = given.initialPrompts ?? []
      if (prompts.some(({ role }, index) => role === 'system' && index > 0)) throw fail('TypeError')
      checkTypes(prompts, given.expectedInputs)
      const target = new EventTarget()
      given.monitor?.(target)
      for (const { loaded, total = 1 } of options.progress ?? [])
        target.dispatchEvent(Object.assign(new Event('downloadprogress'), { loaded, total }))
      if (options.createStalls) await new Promise<void>((resolve) => (log.finishCreate = resolve))
      if (count(prompts) > (options.window ?? 4096)) throw quota(count(prompts))
      guard.open = true
      const session = new FakeModel(given)
      guard.open = false
      return session
    }

    promptStreaming(input: any, given: any = {}): ReadableStream<string> {
      log.asked.push({ input, options: given })
      const prompts = typeof input === 'string' ? [{ role: 'user', content: input }] : input
      if (this.#state.destroyed) throw fail('InvalidStateError')
      if (prompts.some(({ role }: any) => role === 'system')) throw fail('NotSupportedError')
      if (prompts.some((one: any) => one.prefix && one.role !== 'assistant'))
        throw fail('SyntaxError')
      checkTypes(prompts, this.#options.expectedInputs)
      this.#used += count(input)
      return this.#answer(given)
    }

    #answer(given: any): ReadableStream<string> {
      const { pieces = ['Hel', 'lo ', '\u{1F600}'], breaks, stallsAfter, cumulative } = options
      let at = 0
      return new ReadableStream<string>(
        {
          start: (controller) => {
            given.signal?.addEventListener('abort', () => controller.error(given.signal.reason))
          },
          pull: async (controller) => {
            await new Promise((resolve) => setTimeout(resolve, 1))
            given.signal?.throwIfAborted()
            if (this.#state.destroyed) throw fail('AbortError')
            if (this.#used > (options.window ?? 4096)) throw quota(this.#used)
            if (at === breaks?.after) throw fail(breaks.name)
            if (at === stallsAfter) return new Promise<void>(() => {})
            if (at === pieces.length) {
              this.#used += count(pieces.join(''))
              return controller.close()
            }
            const piece = pieces[at++] as string
            controller.enqueue(cumulative ? pieces.slice(0, at).join('') : piece)
          },
          cancel: () => {
            this.#state.cancelled = true
          },
        },
        { highWaterMark: 0 },
      )
    }

    destroy(): void {
      this.#state.destroyed = true
    }
  }

  const quota = (requested: number) =>
    Object.assign(fail('QuotaExceededError'), { requested, quota: options.window })
  if (options.params) Object.assign(FakeModel, { params: async () => options.params })
  const world = globalThis as any
  world.fakeLog = log
  const { place = 'LanguageModel' } = options
  const value = place === 'ai' ? { languageModel: FakeModel } : FakeModel
  Object.defineProperty(world, place, { value, configurable: true, writable: true })
  return log
}
