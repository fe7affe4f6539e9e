/**
 * Makes elements: the whole view library of this page.
 */
type Child = Node | string | false | undefined

interface Extras {
  /** Attributes by their names: `aria-label`, `data-kind`; `undefined` and `false` leave one out. */
  attributes?: Record<string, string | boolean | undefined>
}

type Properties<E> = { [Name in Exclude<keyof E, 'attributes'>]?: E[Name] | undefined } & Extras

/** `h('button', { type: 'button', onclick }, 'Send')` */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  { attributes = {}, ...properties }: Properties<HTMLElementTagNameMap[Tag]> = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag)
  // What is undefined would become the word "undefined".
  const given = Object.entries(properties).filter(([, value]) => value !== undefined)
  Object.assign(element, Object.fromEntries(given))
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) element.setAttribute(name, String(value))
  }
  element.append(...children.filter((child) => child !== undefined && child !== false))
  return element
}

const PATHS = {
  menu: 'M4 7h16M4 12h16M4 17h16',
  plus: 'M12 5v14M5 12h14',
  close: 'M6 6l12 12M18 6L6 18',
  send: 'M12 19V5M6 11l6-6 6 6',
  stop: 'M7 7h10v10H7z',
  image: 'M4 5h16v14H4zM4 16l5-5 4 4 2-2 5 5M15 9h.01',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  check: 'M5 13l4 4L19 7',
  retry: 'M4 12a8 8 0 1 0 2.5-5.8M4 4v4h4',
  edit: 'M4 20h4L19 9l-4-4L4 16zM13 7l4 4',
  trash: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13',
  sliders: 'M4 8h10M18 8h2M4 16h2M10 16h10M16 6v4M8 14v4',
  tool: 'M14.5 6.2a4 4 0 0 0-5.2 5.3L4 16.8 7.2 20l5.3-5.3a4 4 0 0 0 5.3-5.2l-2.6 2.6-3.3-3.3z',
  alert: 'M12 8v5M12 16h.01M12 3l9 17H3z',
  down: 'M12 5v14M6 13l6 6 6-6',
  chevron: 'M9 6l6 6-6 6',
  back: 'M15 6l-6 6 6 6',
  search: 'M11 5a6 6 0 1 1 0 12 6 6 0 0 1 0-12M16 16l4 4',
  download: 'M12 4v11M7 11l5 5 5-5M5 20h14',
  upload: 'M12 16V5M7 9l5-5 5 5M5 20h14',
} as const

export type IconName = keyof typeof PATHS

/** Decoration: what it means stands in the label beside it. */
export function icon(name: IconName): SVGElement {
  const SVG = 'http://www.w3.org/2000/svg'
  const svg = document.createElementNS(SVG, 'svg')
  svg.setAttribute('viewBox', '0 0 24 24')
  svg.setAttribute('class', `icon icon-${name}`)
  svg.setAttribute('aria-hidden', 'true')
  const path = document.createElementNS(SVG, 'path')
  path.setAttribute('d', PATHS[name])
  svg.append(path)
  return svg
}

/** A button with nothing but a picture on it. */
export function iconButton(
  name: IconName,
  label: string,
  properties: Properties<HTMLButtonElement> = {},
): HTMLButtonElement {
  const attributes = { 'aria-label': label, ...properties.attributes }
  const plain = { type: 'button' as const, className: 'icon-button', title: label }
  return h('button', { ...plain, ...properties, attributes }, icon(name))
}
