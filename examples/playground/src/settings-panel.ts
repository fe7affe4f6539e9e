/**
 * The settings: source and model, system prompt and options, appearance.
 */
import type { Settings } from './chat.ts'
import { h, iconButton } from './dom.ts'
import { choice, field, optionsOf } from './fields.ts'
import { ModelChoice } from './model-choice.ts'
import type { Host, Place } from './places.ts'
import type { Preferences } from './store.ts'
import type { Words } from './words.ts'
import { LANGUAGES } from './words.ts'

export interface SettingsOptions {
  words: Words
  settings: Settings
  host: Host
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
  constructor(options: SettingsOptions) {
    const { words, preferences } = options
    this.#options = options
    const model = new ModelChoice({ ...options, language: preferences.language })
    const close = iconButton('close', words.close)
    this.element = h(
      'dialog',
      { className: 'panel', id: 'settings', attributes: { 'aria-labelledby': 'settings-title' } },
      h('header', {}, h('h2', { id: 'settings-title' }, words.settings), close),
      h(
        'div',
        { className: 'panel-body' },
        h('p', { className: 'hint' }, words.forThisChat),
        model.element,
        this.#asking(),
        this.#appearance(),
      ),
    )
    close.addEventListener('click', () => this.element.close())
    // A click on the backdrop lands on the dialog itself.
    this.element.addEventListener('click', (event) => {
      if (event.target === this.element) this.element.close()
    })
    this.element.addEventListener('close', () => model.close())
  }

  open(): void {
    this.element.showModal()
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
        this.#number('temperature', { min: '0', max: '2', step: '0.01' }),
        this.#number('topP', { min: '0', max: '1', step: '0.01' }),
        this.#number('maxTokens', { min: '1', step: '1' }),
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
  ): HTMLElement {
    const { words, settings, onChange } = this.#options
    const value = String(settings[member] ?? '')
    const input = h('input', { type: 'number', ...limits, value, placeholder: words.byDefault })
    const problem = h('small', { className: 'problem', attributes: { role: 'status' } })
    input.addEventListener('input', () => {
      // What is out of bounds is not sent, and said to be wrong.
      const isWrong = !input.validity.valid
      settings[member] = isWrong || input.value === '' ? undefined : input.valueAsNumber
      input.setAttribute('aria-invalid', String(isWrong))
      problem.textContent = isWrong ? words.bounds(limits.min, limits.max) : ''
      onChange()
    })
    return field(words[member], input, problem)
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
