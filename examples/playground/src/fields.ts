/**
 * Labelled fields of a form.
 */
import { createId } from './chat.ts'
import { h } from './dom.ts'

/** A control under its label, with a line of help that is read out with it; `more` is read out with the label. */
export function field(
  label: string,
  control: HTMLElement,
  help?: HTMLElement,
  more?: string,
): HTMLElement {
  control.id = createId()
  const aloud = more !== undefined && h('span', { className: 'visually-hidden' }, ` ${more}`)
  const name = h('label', { className: 'label', htmlFor: control.id }, label, aloud)
  if (!help) return h('div', { className: 'field' }, name, control)
  help.id = `${control.id}-help`
  control.setAttribute('aria-describedby', help.id)
  return h('div', { className: 'field' }, name, control, help)
}

export function choice(options: readonly HTMLElement[], value: string): HTMLSelectElement {
  const select = h('select', {}, ...options)
  select.value = value
  return select
}

export function optionsOf(labels: Readonly<Record<string, string>>): HTMLOptionElement[] {
  return Object.entries(labels).map(([value, label]) => h('option', { value }, label))
}
