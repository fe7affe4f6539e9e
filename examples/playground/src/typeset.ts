/**
 * Typesets formulas. The library is loaded by the first one; until then, and where it cannot read one, the source stands
 * there.
 */
import type Temml from 'temml'
import { trackDrawing } from './drawing.ts'

/** Formulas kept for a text that is drawn anew with every piece. */
const KEPT = 300

let library: typeof Temml | undefined
let loading: Promise<void> | undefined
const drawn = new Map<string, Element>()

/** Replaces the sources of formulas by the formulas. */
export function typeset(root: ParentNode): void {
  const sources = [...root.querySelectorAll<HTMLElement>('code.math')]
  if (sources.length === 0) return
  if (library) return sources.forEach(replace)
  loading ??= load()
  trackDrawing(loading.then(() => sources.forEach(replace)))
}

async function load(): Promise<void> {
  const style = document.createElement('link')
  Object.assign(style, { rel: 'stylesheet', href: 'math.css' })
  document.head.append(style)
  library = (await import('temml')).default
}

function replace(source: HTMLElement): void {
  const text = source.textContent
  const key = source.className + text
  const formula = drawn.get(key) ?? draw(source, text)
  drawn.set(key, formula)
  if (drawn.size > KEPT) drawn.delete(drawn.keys().next().value ?? '')
  source.replaceWith(formula.cloneNode(true))
}

function draw(source: HTMLElement, text: string): Element {
  const isDisplay = source.classList.contains('math-display')
  const formula = document.createElement('span')
  formula.className = source.className
  formula.dir = 'ltr'
  if (isDisplay) formula.tabIndex = 0 // a wide one scrolls
  try {
    const tex = text.replace(/^(?:\$\$?|\\[([])|(?:\$\$?|\\[)\]])$/g, '').trim()
    library?.render(tex, formula, { displayMode: isDisplay, annotate: true, throwOnError: true })
    return formula
  } catch {
    return Object.assign(document.createElement('span'), {
      className: 'math-source',
      textContent: text,
    })
  }
}
