/**
 * One message on the page: what the person said, or what the model answered.
 */
import type { ConversationMessage } from 'chatwire/conversation'
import type { Chat } from './chat.ts'
import { imagesOf, messagesOf, textOf } from './chat.ts'
import { copyButton } from './copy-button.ts'
import { h, icon, iconButton } from './dom.ts'
import { isDrawing, whenDrawn } from './drawing.ts'
import { failureOf } from './failure-card.ts'
import { toWords } from './failures.ts'
import type { PartView } from './part-views.ts'
import { createPartView, seconds } from './part-views.ts'
import { costOf } from './prices.ts'
import type { Language } from './store.ts'
import type { Words } from './words.ts'

export interface TurnContext {
  words: Words
  language: Language
  /** Asks again for a reply. */
  onRetry: (message: ConversationMessage) => void
  /** Asks anew with another text. */
  onEdit: (message: ConversationMessage, text: string) => void
  onContinue: () => void
  /** Shows another version of a message. */
  onSelect: (message: ConversationMessage, index: number) => void
}

export interface TurnView {
  readonly element: HTMLElement
  /** Shows what the message is now. */
  update(message: ConversationMessage): void
  /** Lets the person write it anew. */
  edit?(): void
}

export function createUserView(first: ConversationMessage, context: TurnContext): TurnView {
  const { words } = context
  let message = first
  const body = h('div', { className: 'bubble' })
  const edit = h('button', { type: 'button', className: 'quiet' }, icon('edit'), words.edit)
  const versions = h('span', { className: 'versions' })
  const actions = h('div', { className: 'actions' }, versions, edit)
  const element = h(
    'article',
    { className: 'turn user' },
    h('h2', { className: 'visually-hidden' }, words.you),
    body,
    actions,
  )
  const show = (): void => {
    const text = textOf(message)
    body.replaceChildren(
      ...imagesOf(message).map((src, index) => {
        return h('img', { src, alt: words.picture(index + 1), className: 'picture' })
      }),
      ...(text ? [h('p', { dir: 'auto' }, text)] : []),
    )
    actions.hidden = false
  }
  const startEdit = (): void => {
    actions.hidden = true
    const editor = createEditor(textOf(message), words, {
      onCancel: () => {
        show()
        edit.focus()
      },
      onSend: (text) => {
        show()
        context.onEdit(message, text)
      },
    })
    body.replaceChildren(editor)
    editor.querySelector('textarea')?.focus()
  }
  edit.addEventListener('click', startEdit)
  show()
  const update = (next: ConversationMessage): void => {
    const isOther = textOf(next) !== textOf(message)
    message = next
    if (isOther) show()
    showVersions(versions, message, context)
  }
  update(first)
  return { element, update, edit: startEdit }
}

/** `‹ 2/3 ›`, where there is more than one. */
function showVersions(
  element: HTMLElement,
  message: ConversationMessage,
  { words, onSelect }: TurnContext,
): void {
  const { index, count } = message.versions
  const said = count > 1 ? `${index + 1}/${count}` : ''
  if (element.textContent === said) return
  const step = (by: number) => {
    const label = by < 0 ? words.previousVersion : words.nextVersion
    const disabled = index + by < 0 || index + by >= count
    const button = iconButton(by < 0 ? 'back' : 'chevron', label, { disabled })
    button.addEventListener('click', () => onSelect(message, index + by))
    return button
  }
  element.replaceChildren(...(count > 1 ? [step(-1), h('span', {}, said), step(1)] : []))
}

function createEditor(
  text: string,
  words: Words,
  { onCancel, onSend }: { onCancel: () => void; onSend: (text: string) => void },
): HTMLFormElement {
  const attributes = { 'aria-label': words.edit, dir: 'auto' }
  const area = h('textarea', { value: text, rows: 3, attributes })
  const cancel = h('button', { type: 'button', className: 'quiet' }, words.cancel)
  const form = h(
    'form',
    { className: 'editor' },
    area,
    h('div', { className: 'actions' }, cancel, h('button', { className: 'primary' }, words.resend)),
  )
  cancel.addEventListener('click', onCancel)
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    if (area.value.trim()) onSend(area.value.trim())
  })
  form.addEventListener('keydown', (event) => {
    if (event.isComposing) return
    if (event.key === 'Escape') onCancel()
    else if (event.key === 'Enter' && !event.shiftKey && event.target === area) {
      event.preventDefault()
      form.requestSubmit()
    } else return
    event.stopPropagation()
  })
  return form
}

export function createAssistantView(
  first: ConversationMessage,
  chat: Chat,
  context: TurnContext,
): TurnView {
  const { words } = context
  const parts = h('div', { className: 'parts' })
  const note = h('div', { className: 'note' })
  const goOn = h('div', { className: 'go-on' })
  const foot = h('div', { className: 'foot' })
  const title = h('h2', { className: 'turn-head' })
  const element = h('article', { className: 'turn assistant' }, title, parts, note, goOn, foot)
  const views: (PartView | undefined)[] = []
  let shownState = ''
  let message = first
  const isRunning = () =>
    message.pending || (chat.isRunningElsewhere && (facts()?.state ?? 'running') === 'running')
  const facts = () => chat.facts[message.id]
  const showFoot = (): void => {
    foot.replaceChildren(...(isRunning() ? [] : footOf(message, chat, context)))
  }
  const update = (next: ConversationMessage): void => {
    message = next
    title.textContent = message.model ?? facts()?.model ?? words.model
    for (const view of views.splice(message.parts.length)) view?.element.remove()
    let thoughts = 0
    for (const [index, part] of message.parts.entries()) {
      if (views.length === index) {
        const view = createPartView(part, words)
        views.push(view)
        if (view) parts.append(view.element)
      }
      const tookMs = part.type === 'reasoning' ? facts()?.thinkingMs[thoughts++] : undefined
      views[index]?.update(part, { message, isRunning: isRunning(), tookMs })
    }
    element.setAttribute('aria-busy', String(isRunning()))
    const { retry, download = 0, tookMs } = facts() ?? {}
    const { stopped, cut, error, versions, parts: all } = message
    const state = [
      [isRunning(), stopped, cut, error?.code, retry?.attempt, Math.round(download * 100)],
      [all.length > 0, tookMs, versions.index, versions.count],
      [messagesOf(chat).at(-1)?.id === message.id],
    ].join()
    if (state === shownState) return
    shownState = state
    note.replaceChildren(...noteOf(message, { chat, isRunning: isRunning() }, context))
    goOn.replaceChildren(...(isRunning() ? [] : continueButton(message, chat, context)))
    // What can be done with a reply comes with its colors and formulas: nothing moves after that.
    if (!isRunning() && isDrawing()) void whenDrawn().then(showFoot)
    else showFoot()
  }
  update(first)
  return { element, update }
}

function noteOf(
  message: ConversationMessage,
  { chat, isRunning }: { chat: Chat; isRunning: boolean },
  { words, language }: TurnContext,
): HTMLElement[] {
  const { stopped, cut, error, parts, finishReason } = message
  const hint = (...children: (string | HTMLElement)[]) => h('p', { className: 'hint' }, ...children)
  const { retry, download } = chat.facts[message.id] ?? {}
  if (isRunning && retry)
    return [hint(words.tryingAgain(retry.attempt, toWords(retry.error, language)))]
  if (isRunning && download !== undefined) {
    const share = `${Math.round(download * 100)} %`
    const bar = h('progress', { value: download, attributes: { 'aria-label': words.model } })
    return [hint(words.downloading(share), ' ', bar)]
  }
  if (isRunning) {
    const wait = h('p', { className: 'hint pulse' }, words.waiting)
    return parts.length > 0 ? [] : [wait]
  }
  if (error) return [failureOf(error, { words, language, isPartial: parts.length > 0 })]
  if (cut && finishReason === 'length') return [hint(words.cutAtLimit)]
  if (stopped || cut) return [hint(parts.length > 0 ? words.stopped : words.stoppedEmpty)]
  return []
}

/** For the last reply, where it broke off in its text. */
function continueButton(
  { id, stopped, cut, error, parts }: ConversationMessage,
  chat: Chat,
  { words, onContinue }: TurnContext,
): HTMLElement[] {
  const isLast = messagesOf(chat).at(-1)?.id === id
  if (!isLast || !(stopped || cut || error) || parts.at(-1)?.type !== 'text') return []
  const button = h('button', { type: 'button', className: 'primary' }, words.continue)
  button.addEventListener('click', onContinue)
  return [button]
}

function footOf(message: ConversationMessage, chat: Chat, context: TurnContext): HTMLElement[] {
  const { words, onRetry } = context
  const retry = h('button', { type: 'button', className: 'quiet' }, icon('retry'), words.retry)
  retry.addEventListener('click', () => onRetry(message))
  const text = textOf(message)
  const versions = h('span', { className: 'versions' })
  showVersions(versions, message, context)
  return [
    ...sourcesOf(message, words),
    h(
      'div',
      { className: 'actions' },
      versions,
      text !== '' && copyButton(words, { label: words.copy, text: () => text }),
      retry,
      h('span', { className: 'facts' }, factsOf(message, chat, words).join(' · ')),
    ),
  ]
}

function factsOf(message: ConversationMessage, chat: Chat, words: Words): string[] {
  const { firstTokenMs, tookMs } = chat.facts[message.id] ?? {}
  const { usage, model = '' } = message
  const facts = []
  if (firstTokenMs !== undefined && message.parts.length > 0)
    facts.push(words.firstToken(seconds(firstTokenMs)))
  if (tookMs !== undefined) facts.push(words.inAll(seconds(tookMs)))
  if (usage) {
    const { promptTokens, completionTokens, reasoningTokens } = usage
    const thinking = reasoningTokens ? words.ofThemThinking(reasoningTokens) : ''
    facts.push(words.tokens(promptTokens, completionTokens) + thinking)
    const cost = costOf(usage, model)
    if (cost) facts.push(cost)
  }
  if (usage?.estimated) facts.push(words.estimated)
  return facts
}

function sourcesOf({ sources }: ConversationMessage, words: Words): HTMLElement[] {
  if (sources.length === 0) return []
  const items = sources.map(({ url, title }) => {
    const label = title ?? url ?? ''
    // Only what is an address of the web becomes a link.
    if (!url || !/^https?:/.test(url)) return h('li', {}, label)
    return h('li', {}, h('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }, label))
  })
  return [h('div', { className: 'sources' }, h('h3', {}, words.sources), h('ol', {}, ...items))]
}
