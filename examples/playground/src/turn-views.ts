/**
 * One turn on the page: what the person said, or what the model answered.
 */
import type { AssistantTurn, UserTurn } from './chat.ts'
import { textOfAnswer } from './chat.ts'
import { copyButton } from './copy-button.ts'
import { h, icon } from './dom.ts'
import { isDrawing, whenDrawn } from './drawing.ts'
import { toWords } from './failures.ts'
import type { PartView } from './part-views.ts'
import { createPartView, seconds } from './part-views.ts'
import type { Language } from './store.ts'
import type { Words } from './words.ts'

export interface TurnContext {
  words: Words
  language: Language
  /** Asks again from this turn on, with another text where it is one of the person's. */
  onResend: (turnId: string, text?: string) => void
}

export interface TurnView {
  readonly element: HTMLElement
  /** Shows what the turn is now. */
  update(): void
  /** Lets the person write it anew. */
  edit?(): void
}

export function createUserView(turn: UserTurn, context: TurnContext): TurnView {
  const { words } = context
  const body = h('div', { className: 'bubble' })
  const edit = h('button', { type: 'button', className: 'quiet' }, icon('edit'), words.edit)
  const actions = h('div', { className: 'actions' }, edit)
  const element = h(
    'article',
    { className: 'turn user' },
    h('h2', { className: 'visually-hidden' }, words.you),
    body,
    actions,
  )
  let shown = ''
  const show = (): void => {
    shown = turn.text
    body.replaceChildren(
      ...turn.images.map((src, index) => {
        return h('img', { src, alt: words.picture(index + 1), className: 'picture' })
      }),
      ...(turn.text ? [h('p', { dir: 'auto' }, turn.text)] : []),
    )
    actions.hidden = false
  }
  const startEdit = (): void => {
    actions.hidden = true
    const editor = createEditor(turn.text, words, {
      onCancel: () => {
        show()
        edit.focus()
      },
      onSend: (text) => {
        show()
        context.onResend(turn.id, text)
      },
    })
    body.replaceChildren(editor)
    editor.querySelector('textarea')?.focus()
  }
  edit.addEventListener('click', startEdit)
  show()
  const update = (): void => {
    if (turn.text !== shown) show()
  }
  return { element, update, edit: startEdit }
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

export function createAssistantView(turn: AssistantTurn, context: TurnContext): TurnView {
  const { words } = context
  const parts = h('div', { className: 'parts' })
  const note = h('div', { className: 'note' })
  const foot = h('div', { className: 'foot' })
  const title = h('h2', { className: 'turn-head' })
  const element = h('article', { className: 'turn assistant' }, title, parts, note, foot)
  const views: PartView[] = []
  let shownState = ''
  const update = (): void => {
    title.textContent = turn.model || words.model
    for (const [index, part] of turn.parts.entries()) {
      if (!views[index]) {
        views[index] = createPartView(part, words)
        parts.append(views[index].element)
      }
      views[index].update(part, turn.state)
    }
    element.setAttribute('aria-busy', String(turn.state === 'running'))
    const download = Math.round((turn.download ?? 0) * 100)
    const state = `${turn.state} ${turn.retry?.attempt ?? 0} ${download} ${turn.parts.length > 0}`
    if (state === shownState) return
    shownState = state
    note.replaceChildren(...noteOf(turn, context))
    // What can be done with an answer comes with its colors and formulas: nothing moves after that.
    if (turn.state !== 'running' && isDrawing()) void whenDrawn().then(showFoot)
    else showFoot()
  }
  const showFoot = (): void => {
    foot.replaceChildren(...(turn.state === 'running' ? [] : footOf(turn, context)))
  }
  update()
  return { element, update }
}

function noteOf(turn: AssistantTurn, { words, language }: TurnContext): HTMLElement[] {
  const { state, parts, retry, download, error } = turn
  if (error) return [failureOf(turn, words, toWords(error, language))]
  if (state === 'stopped') {
    return [h('p', { className: 'hint' }, parts.length > 0 ? words.stopped : words.stoppedEmpty)]
  }
  if (turn.isCutAtLimit) return [h('p', { className: 'hint' }, words.cutAtLimit)]
  if (state !== 'running') return []
  if (retry) {
    const why = toWords(retry.error, language)
    return [h('p', { className: 'hint' }, words.tryingAgain(retry.attempt, why))]
  }
  if (download !== undefined) {
    const share = `${Math.round(download * 100)} %`
    const bar = h('progress', { value: download, attributes: { 'aria-label': words.model } })
    return [h('p', { className: 'hint' }, words.downloading(share), ' ', bar)]
  }
  return parts.length > 0 ? [] : [h('p', { className: 'hint pulse' }, words.waiting)]
}

function failureOf({ error, parts }: AssistantTurn, words: Words, said: string): HTMLElement {
  const facts = [
    error?.provider,
    error?.code,
    error?.status && `HTTP ${error.status}`,
    error?.requestId,
  ]
  return h(
    'div',
    { className: 'failure' },
    icon('alert'),
    h(
      'div',
      {},
      h('p', {}, h('strong', {}, said), words.fullStop, parts.length > 0 && words.keptAbove),
      h('p', { className: 'failure-message', dir: 'auto' }, error?.message ?? ''),
      h('p', { className: 'facts' }, facts.filter(Boolean).join(' · ')),
    ),
  )
}

function footOf(turn: AssistantTurn, { words, onResend }: TurnContext): (HTMLElement | string)[] {
  const retry = h('button', { type: 'button', className: 'quiet' }, icon('retry'), words.retry)
  retry.addEventListener('click', () => onResend(turn.id))
  const text = textOfAnswer(turn)
  return [
    ...sourcesOf(turn, words),
    h(
      'div',
      { className: 'actions' },
      text !== '' && copyButton(words, { label: words.copy, text: () => text }),
      retry,
      h('span', { className: 'facts' }, factsOf(turn, words).join(' · ')),
    ),
  ]
}

function factsOf({ usage, firstTokenMs, tookMs }: AssistantTurn, words: Words): string[] {
  const facts = []
  if (firstTokenMs !== undefined) facts.push(words.firstToken(seconds(firstTokenMs)))
  if (tookMs !== undefined) facts.push(words.inAll(seconds(tookMs)))
  if (usage) {
    const { promptTokens, completionTokens, reasoningTokens } = usage
    const thinking = reasoningTokens ? words.ofThemThinking(reasoningTokens) : ''
    facts.push(words.tokens(promptTokens, completionTokens) + thinking)
  }
  if (usage?.estimated) facts.push(words.estimated)
  return facts
}

function sourcesOf({ sources = [] }: AssistantTurn, words: Words): HTMLElement[] {
  if (sources.length === 0) return []
  const items = sources.map(({ url, title }) => {
    const label = title ?? url ?? ''
    // Only what is an address of the web becomes a link.
    if (!url || !/^https?:/.test(url)) return h('li', {}, label)
    return h('li', {}, h('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }, label))
  })
  return [h('div', { className: 'sources' }, h('h3', {}, words.sources), h('ol', {}, ...items))]
}
