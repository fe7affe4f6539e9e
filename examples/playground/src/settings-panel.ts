/**
 * Where the model is, what it is told, and how the page looks.
 */
import { LLM_REGISTRY } from 'chatwire'
import type { Settings } from './chat.ts'
import { createId } from './chat.ts'
import { h, iconButton } from './dom.ts'
import type { Place, PlaceKind } from './places.ts'
import { hasBrowserModel, settingsAt } from './places.ts'
import type { Preferences } from './store.ts'
import type { Words } from './words.ts'
import { LANGUAGES } from './words.ts'

export interface SettingsOptions {
  words: Words
  settings: Settings
  places: readonly Place[]
  preferences: Preferences
  /** After every change of `settings`. */
  onChange: () => void
  /** After every change of `preferences`. */
  onPreference: () => void
}

export class SettingsPanel {
  readonly element: HTMLDialogElement
  #options: SettingsOptions
  #model = h('div', { className: 'group' })

  constructor(options: SettingsOptions) {
    const { words } = options
    this.#options = options
    const close = iconButton('close', words.close)
    this.element = h(
      'dialog',
      { className: 'panel', id: 'settings', attributes: { 'aria-labelledby': 'settings-title' } },
      h('header', {}, h('h2', { id: 'settings-title' }, words.settings), close),
      h('div', { className: 'panel-body' }, this.#model, this.#asking(), this.#appearance()),
    )
    close.addEventListener('click', () => this.element.close())
    // A click on the backdrop lands on the dialog itself.
    this.element.addEventListener('click', (event) => {
      if (event.target === this.element) this.element.close()
    })
    this.#showModel()
  }

  open(): void {
    this.element.showModal()
  }

  /** Which model; other places ask for other things. */
  #showModel(): void {
    const { words, settings, places, onChange } = this.#options
    const place = places.find(({ id }) => id === settings.place) ?? places[0]
    if (!place) return
    const select = choice(placeGroups(places, words), settings.place)
    select.addEventListener('change', () => {
      const next = places.find(({ id }) => id === select.value)
      if (next) Object.assign(settings, settingsAt(next, settings))
      onChange()
      this.#showModel()
      this.#model.querySelector('select')?.focus()
    })
    const models = h(
      'datalist',
      { id: 'models' },
      ...place.models.map((value) => h('option', { value })),
    )
    const hasAddress = place.kind === 'local' || place.kind === 'url'
    this.#model.replaceChildren(
      field(words.where, select, helpOf(place, words)),
      ...(place.kind === 'url' ? [field(words.server, this.#serverChoice())] : []),
      ...(hasAddress ? [field(words.address, this.#text('baseURL', words.addressOfRelay))] : []),
      field(words.model, this.#text('model', place.models[0] ?? '', 'models')),
      models,
    )
  }

  #serverChoice(): HTMLSelectElement {
    const { settings, onChange } = this.#options
    const names = LLM_REGISTRY.names().filter((name) => !['browser', 'engine'].includes(name))
    const select = choice(
      names.map((name) => h('option', { value: name }, name)),
      settings.server,
    )
    select.addEventListener('change', () => {
      settings.server = select.value
      onChange()
    })
    return select
  }

  #text(member: 'baseURL' | 'model', placeholder: string, list?: string): HTMLInputElement {
    const { settings, onChange } = this.#options
    const input = h('input', {
      value: settings[member],
      placeholder,
      autocomplete: 'off',
      spellcheck: false,
      attributes: { list },
    })
    input.addEventListener('input', () => {
      settings[member] = input.value
      onChange()
    })
    return input
  }

  #asking(): HTMLElement {
    const { words, settings, onChange } = this.#options
    const system = h('textarea', {
      value: settings.system,
      rows: 4,
      placeholder: words.systemPlaceholder,
    })
    system.addEventListener('input', () => {
      settings.system = system.value
      onChange()
    })
    const reasoning = choice(optionsOf(words.reasoningChoices), settings.reasoning)
    reasoning.addEventListener('change', () => {
      settings.reasoning = reasoning.value as Settings['reasoning']
      onChange()
    })
    const tools = h('input', { type: 'checkbox', checked: settings.tools })
    tools.addEventListener('change', () => {
      settings.tools = tools.checked
      onChange()
    })
    return h(
      'div',
      { className: 'group' },
      field(words.system, system),
      h('h3', {}, words.options),
      h(
        'div',
        { className: 'numbers' },
        field(words.temperature, this.#number('temperature', { min: '0', max: '2', step: '0.1' })),
        field(words.topP, this.#number('topP', { min: '0', max: '1', step: '0.05' })),
        field(words.maxTokens, this.#number('maxTokens', { min: '1', step: '1' })),
      ),
      field(words.reasoning, reasoning),
      h(
        'label',
        { className: 'check' },
        tools,
        h('span', {}, words.tools, h('small', {}, words.toolsHelp)),
      ),
    )
  }

  #number(
    member: 'temperature' | 'topP' | 'maxTokens',
    limits: { min: string; max?: string; step: string },
  ): HTMLInputElement {
    const { words, settings, onChange } = this.#options
    const value = String(settings[member] ?? '')
    const input = h('input', { type: 'number', ...limits, value, placeholder: words.byDefault })
    input.addEventListener('input', () => {
      settings[member] =
        input.value === '' || !input.validity.valid ? undefined : input.valueAsNumber
      onChange()
    })
    return input
  }

  #appearance(): HTMLElement {
    const { words, preferences, onPreference } = this.#options
    const theme = choice(optionsOf(words.themes), preferences.theme)
    theme.addEventListener('change', () => {
      preferences.theme = theme.value as Preferences['theme']
      onPreference()
    })
    const names = Object.entries(LANGUAGES).map(([value, { name, code }]) => {
      return h('option', { value, lang: code }, name)
    })
    const language = choice(names, preferences.language)
    language.addEventListener('change', () => {
      preferences.language = language.value as Preferences['language']
      onPreference()
    })
    return h(
      'div',
      { className: 'group' },
      h('h3', {}, words.appearance),
      field(words.theme, theme),
      field(words.language, language),
    )
  }
}

function placeGroups(places: readonly Place[], words: Words): HTMLElement[] {
  const groups = new Map<string, HTMLElement>()
  for (const place of places) {
    const label = words.places[place.kind]
    const group = groups.get(label) ?? h('optgroup', { label })
    groups.set(label, group)
    group.append(h('option', { value: place.id }, labelOf(place, words)))
  }
  return [...groups.values()]
}

export function labelOf({ kind, label }: Place, words: Words): string {
  if (kind === 'browser') return words.browserModel
  if (kind === 'url') return words.otherRelay
  return kind === 'simulated' ? `${label} (${words.simulated})` : label
}

function helpOf({ kind }: Place, words: Words): string {
  if (kind === 'browser' && !hasBrowserModel()) return words.helpNoBrowser
  const help: Record<PlaceKind, string> = {
    relay: words.helpRelay,
    simulated: words.helpSimulated,
    local: words.helpLocal,
    browser: words.helpBrowser,
    url: words.helpUrl,
  }
  return help[kind]
}

function optionsOf(labels: Readonly<Record<string, string>>): HTMLOptionElement[] {
  return Object.entries(labels).map(([value, label]) => h('option', { value }, label))
}

function choice(options: readonly HTMLElement[], value: string): HTMLSelectElement {
  const select = h('select', {}, ...options)
  select.value = value
  return select
}

function field(label: string, control: HTMLElement, help?: string): HTMLElement {
  control.id = createId()
  const name = h('label', { className: 'label', htmlFor: control.id }, label)
  if (help === undefined) return h('div', { className: 'field' }, name, control)
  const words = h('small', { id: `${control.id}-help` }, help)
  control.setAttribute('aria-describedby', words.id)
  return h('div', { className: 'field' }, name, control, words)
}
