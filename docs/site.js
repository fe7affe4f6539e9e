// Tabs: `div.tabs > div[data-tab]` becomes a tab list with panels. A choice holds for every list that has a tab of
// that name, on this page and the next.
;(() => {
  const KEY = 'chatwire-tab'
  const read = () => {
    try {
      return localStorage.getItem(KEY)
    } catch {
      return null // storage is turned off
    }
  }
  const lists = [...document.querySelectorAll('.tabs')].map((tabs, at) => {
    const list = document.createElement('div')
    list.setAttribute('role', 'tablist')
    list.setAttribute('aria-label', document.documentElement.lang === 'en' ? 'Runtime' : '运行环境')
    const entries = [...tabs.querySelectorAll(':scope > [data-tab]')].map((panel, index) => {
      const tab = document.createElement('button')
      tab.type = 'button'
      tab.textContent = panel.dataset.tab
      tab.id = `tab-${at}-${index}`
      tab.setAttribute('role', 'tab')
      panel.id = `panel-${at}-${index}`
      tab.setAttribute('aria-controls', panel.id)
      panel.setAttribute('role', 'tabpanel')
      panel.setAttribute('aria-labelledby', tab.id)
      tab.addEventListener('click', () => choose(tab.textContent))
      list.append(tab)
      return { tab, panel }
    })
    list.addEventListener('keydown', (event) => {
      const now = entries.findIndex(({ tab }) => tab === document.activeElement)
      const last = entries.length - 1
      const next = {
        ArrowRight: now === last ? 0 : now + 1,
        ArrowLeft: now === 0 ? last : now - 1,
        Home: 0,
        End: last,
      }[event.key]
      if (next === undefined) return
      event.preventDefault()
      entries[next].tab.focus()
      choose(entries[next].tab.textContent)
    })
    tabs.prepend(list)
    return entries
  })

  function show(name) {
    for (const entries of lists) {
      const chosen = entries.findIndex(({ tab }) => tab.textContent === name)
      const isShown = entries.some(({ tab }) => tab.ariaSelected === 'true')
      if (chosen < 0 && isShown) continue
      entries.forEach(({ tab, panel }, index) => {
        const isChosen = index === Math.max(chosen, 0)
        tab.setAttribute('aria-selected', String(isChosen))
        tab.tabIndex = isChosen ? 0 : -1
        panel.hidden = !isChosen
      })
    }
  }

  function choose(name) {
    show(name)
    try {
      localStorage.setItem(KEY, name)
    } catch {
      // The choice holds for this page
    }
  }

  show(read())
})()
