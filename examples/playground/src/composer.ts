/**
 * Where messages are written: text, pictures, one button that sends or stops.
 */
import { h, icon, iconButton } from './dom.ts'
import { picturesOf, readPicture } from './images.ts'
import type { Words } from './words.ts'

/** The draft: text and images not yet sent. */
export interface Draft {
  text: string
  /** Data URLs. */
  images: string[]
  /** Ends when the pictures that were given have been read. */
  reading: Promise<void>
}

export interface ComposerOptions {
  words: Words
  draft: Draft
  /** The draft has changed: by a picture maybe while this composer was replaced by another. */
  onDraft: () => void
  onSend: () => void
  onStop: () => void
  /** Said aloud and shown for a moment. */
  onNotice: (text: string) => void
  /** The arrow up in an empty field. */
  onEditLast: () => void
}

export class Composer {
  readonly element: HTMLFormElement
  /** Which keys do what. */
  readonly keys = h('p', { className: 'keys', id: 'composer-keys' })
  #options: ComposerOptions
  #area: HTMLTextAreaElement
  #pictures = h('ul', { className: 'thumbnails' })
  #button = h('button', { className: 'send' })
  #isRunning = false

  constructor(options: ComposerOptions) {
    const { words, draft } = options
    this.#options = options
    this.#area = h('textarea', {
      rows: 1,
      id: 'message',
      value: draft.text,
      placeholder: words.placeholder,
      attributes: {
        'aria-label': words.message,
        'aria-describedby': 'composer-keys',
        dir: 'auto',
      },
    })
    const file = h('input', { type: 'file', accept: 'image/*', multiple: true, hidden: true })
    const add = iconButton('image', words.addImage)
    add.addEventListener('click', () => file.click())
    file.addEventListener('change', () => {
      this.addPictures(picturesOf(file.files))
      file.value = ''
    })
    this.element = h(
      'form',
      { className: 'composer', attributes: { 'aria-label': words.message } },
      this.#pictures,
      h(
        'div',
        { className: 'composer-row', attributes: { 'data-drop': words.dropHere } },
        add,
        file,
        this.#area,
        this.#button,
      ),
    )
    this.#listen()
    this.#showPictures()
    this.update(false)
    requestAnimationFrame(() => this.#fit())
  }

  focus(): void {
    this.#area.focus()
  }

  /** Shows the draft as it is now, and what the button does. */
  update(isRunning: boolean): void {
    const { words, draft } = this.#options
    this.#isRunning = isRunning
    if (this.#area.value !== draft.text) this.#area.value = draft.text
    this.keys.textContent = isRunning ? words.keysRunning : words.keys
    const label = isRunning ? words.stop : words.send
    this.#button.setAttribute('aria-label', label)
    this.#button.title = label
    this.#button.classList.toggle('is-stop', isRunning)
    this.#button.replaceChildren(icon(isRunning ? 'stop' : 'send'))
    this.#button.disabled = !isRunning && !draft.text.trim() && draft.images.length === 0
    if (draft.images.length !== this.#pictures.childElementCount) this.#showPictures()
    this.#fit()
  }

  addPictures(files: readonly File[]): void {
    const { draft } = this.#options
    draft.reading = draft.reading.then(() => this.#read(files))
  }

  async #read(files: readonly File[]): Promise<void> {
    const { draft, words, onDraft, onNotice } = this.#options
    for (const file of files) {
      try {
        draft.images.push(await readPicture(file))
      } catch {
        onNotice(words.notAnImage) // its type said picture, its bytes say something else
      }
    }
    onDraft()
  }

  /** Images added earlier are included, even while they are being read. */
  async #send(): Promise<void> {
    const { draft, onSend } = this.#options
    await draft.reading
    if (!this.#isRunning && (draft.text.trim() || draft.images.length > 0)) onSend()
  }

  #listen(): void {
    const { draft, onDraft, onStop, onEditLast } = this.#options
    this.element.addEventListener('submit', (event) => {
      event.preventDefault()
      if (this.#isRunning) onStop()
      else void this.#send()
    })
    this.#area.addEventListener('input', () => {
      draft.text = this.#area.value
      onDraft()
    })
    this.#area.addEventListener('keydown', (event) => {
      // Enter also ends a word of an input method; that must not send.
      if (event.isComposing || event.keyCode === 229) return
      // On a phone Enter is the only way to a new line, and the button is near.
      const isPhone = matchMedia('(hover: none) and (pointer: coarse)').matches
      if (event.key === 'Enter' && !event.shiftKey && !isPhone) {
        event.preventDefault()
        if (!this.#isRunning) this.element.requestSubmit()
      } else if (event.key === 'ArrowUp' && this.#area.value === '' && !this.#isRunning) {
        event.preventDefault()
        onEditLast()
      }
    })
    this.#area.addEventListener('paste', (event) => {
      const pictures = picturesOf(event.clipboardData)
      if (pictures.length === 0) return
      event.preventDefault()
      this.addPictures(pictures)
    })
  }

  #showPictures(): void {
    const { words, draft } = this.#options
    const items = draft.images.map((src, index) => {
      const remove = iconButton('close', words.removeImage(index + 1), {
        className: 'icon-button remove',
      })
      remove.addEventListener('click', () => {
        draft.images.splice(index, 1)
        this.#options.onDraft()
        this.focus()
      })
      return h('li', {}, h('img', { src, alt: words.picture(index + 1) }), remove)
    })
    this.#pictures.replaceChildren(...items)
    this.#pictures.hidden = items.length === 0
  }

  /** As high as its text. */
  #fit(): void {
    this.#area.style.height = ''
    // One line needs no look at the layout, which is dear while the page begins.
    if (this.#area.value !== '') this.#area.style.height = `${this.#area.scrollHeight}px`
  }
}
