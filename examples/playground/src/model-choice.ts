/**
 * Where the model is, and which one it is.
 */
import { isChatError, LLM_REGISTRY } from 'chatwire'
import type { Settings } from './chat.ts'
import { h } from './dom.ts'
import { toWords } from './failures.ts'
import { choice, field } from './fields.ts'
import { askBrowserModel, hasList, listModels } from './model-lists.ts'
import type { Host, Place, PlaceKind } from './places.ts'
import { labelOf, settingsAt } from './places.ts'
import type { Language } from './store.ts'
import type { Words } from './words.ts'

export interface ModelChoiceOptions {
  words: Words
  language: Language
  settings: Settings
  host: Host
  places: readonly Place[]
  /** After every change of `settings`. */
  onChange: () => void
}

export class ModelChoice {
  readonly element = h('div', { className: 'group' })
  #options: ModelChoiceOptions
  /** Status of the source, announced to screen readers when it changes. */
  #state = h('small', { className: 'state', attributes: { role: 'status' } })
  #chips = h('ul', { className: 'chips' })
  #model: HTMLInputElement
  #asking = new AbortController()

  constructor(options: ModelChoiceOptions) {
    const { words } = options
    this.#options = options
    this.#chips.setAttribute('aria-label', words.suggestions)
    this.#model = this.#text('model', '')
    this.#show()
  }

  /** Nothing is asked any more. */
  close(): void {
    this.#asking.abort()
  }

  /** Other places ask for other things. */
  #show(): void {
    const { words, settings, places, onChange } = this.#options
    const place = places.find(({ id }) => id === settings.place) ?? places[0]
    if (!place) return
    const select = choice(placeGroups(places, words), settings.place)
    select.addEventListener('change', () => {
      const next = places.find(({ id }) => id === select.value)
      if (next) Object.assign(settings, settingsAt(next, settings))
      onChange()
      this.#show()
      this.element.querySelector('select')?.focus()
    })
    const hasAddress = ['local', 'gateway', 'url'].includes(place.kind)
    this.#model = this.#text('model', place.models[0] ?? '')
    this.#model.addEventListener('input', () => this.#press())
    this.element.replaceChildren(
      field(words.where, select, h('small', {}, helpOf(place, words)), words.whereAloud),
      ...(place.kind === 'url' ? [field(words.server, this.#serverChoice())] : []),
      ...(hasAddress ? [field(words.address, this.#address(place))] : []),
      this.#state,
      field(words.model, this.#model),
      this.#chips,
    )
    this.#suggest(place.models)
    void this.#ask(place)
  }

  #address(place: Place): HTMLInputElement {
    const { words } = this.#options
    const example = place.kind === 'gateway' ? words.addressOfGateway : words.addressOfRelay
    const input = this.#text('baseURL', example)
    input.type = 'url'
    input.addEventListener('change', () => void this.#ask(place))
    return input
  }

  /** The models that the source itself lists. */
  async #ask(place: Place): Promise<void> {
    const { words, language, settings, host } = this.#options
    this.#asking.abort()
    const { signal } = (this.#asking = new AbortController())
    const say = (text: string, isBad = false): void => {
      if (signal.aborted) return
      this.#state.textContent = text
      this.#state.classList.toggle('is-bad', isBad)
    }
    if (place.kind === 'browser') {
      const state = await askBrowserModel()
      return say(words.browserStates[state], state === 'unavailable')
    }
    if (!hasList(place) || (place.kind === 'gateway' && !settings.baseURL.trim())) return say('')
    say(words.asking)
    try {
      const models = await listModels(settings, place, { host, signal })
      if (signal.aborted) return
      say(words.modelsFound(models.length))
      if (models.length > 0) this.#offer(models, place)
    } catch (error) {
      // The browser gives no further details about an unreachable server.
      const code = isChatError(error) ? error.code : 'connection_failed'
      say(toWords({ code }, language), true)
    }
  }

  /** Replaces a guessed model with one that exists. */
  #offer(models: readonly string[], place: Place): void {
    const { settings } = this.#options
    this.#suggest(models)
    const isGuess = settings.model === '' || place.models.includes(settings.model)
    if (isGuess && !models.includes(settings.model)) this.#take(models[0] ?? '')
  }

  #suggest(models: readonly string[]): void {
    const chips = models.map((name) => {
      const chip = h('button', { type: 'button', className: 'chip' }, name)
      chip.addEventListener('click', () => this.#take(name))
      return h('li', {}, chip)
    })
    this.#chips.replaceChildren(...chips)
    this.#chips.hidden = chips.length === 0
    this.#press()
  }

  #take(name: string): void {
    const { settings, onChange } = this.#options
    settings.model = name
    this.#model.value = name
    this.#press()
    onChange()
  }

  #press(): void {
    for (const chip of this.#chips.querySelectorAll('button'))
      chip.setAttribute('aria-pressed', String(chip.textContent === this.#model.value))
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

  #text(member: 'baseURL' | 'model', placeholder: string): HTMLInputElement {
    const { settings, onChange } = this.#options
    const input = h('input', {
      value: settings[member],
      placeholder,
      autocomplete: 'off',
      spellcheck: false,
    })
    input.addEventListener('input', () => {
      settings[member] = input.value
      onChange()
    })
    return input
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

function helpOf({ kind }: Place, words: Words): string {
  const help: Record<PlaceKind, string> = {
    relay: words.helpRelay,
    simulated: words.helpSimulated,
    local: words.helpLocal,
    browser: words.helpBrowser,
    gateway: words.helpGateway,
    url: words.helpUrl,
    host: words.helpHost,
  }
  return help[kind]
}
