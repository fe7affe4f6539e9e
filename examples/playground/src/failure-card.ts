/**
 * Card of a failure, said once; the details for a report are folded away.
 */
import type { ErrorInfo } from 'chatwire'
import { copyButton } from './copy-button.ts'
import { h, icon } from './dom.ts'
import { toWords } from './failures.ts'
import type { Language } from './store.ts'
import type { Words } from './words.ts'

export interface FailureOptions {
  words: Words
  language: Language
  /** Something had arrived before. */
  isPartial: boolean
}

export function failureOf(
  error: ErrorInfo,
  { words, language, isPartial }: FailureOptions,
): HTMLElement {
  const { provider, code, status, requestId, message } = error
  const facts = [provider, code, status && `HTTP ${status}`, requestId].filter(Boolean).join(' · ')
  const copy = copyButton(words, { label: words.copy, text: () => `${facts}\n${message}` })
  return h(
    'div',
    { className: 'failure' },
    icon('alert'),
    h(
      'div',
      {},
      h(
        'p',
        {},
        h('strong', {}, toWords(error, language)),
        words.fullStop,
        isPartial && words.keptAbove,
      ),
      h(
        'details',
        { className: 'failure-details' },
        h('summary', {}, icon('chevron'), words.details),
        h('p', { className: 'failure-message', dir: 'auto' }, message),
        h('p', { className: 'facts' }, facts),
        copy,
      ),
    ),
  )
}
