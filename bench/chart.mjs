/** The chart: bars side by side for cost, size and start-up. Written by hand, so that it needs nothing to be drawn. */
const WIDTH = 720
const LABEL = 170
const BAR = 18
const STEP = 26

const PANELS = [
  ['chunk-cost', 'CPU per streamed chunk, times a bare loop', '×'],
  ['sizes', 'Bundle of one streamed chat, kB gzip', ' kB'],
  ['startup', 'CPU to start in Node, milliseconds', ' ms'],
]

/** @param {Record<string, import('./result.mjs').Result>} results */
export function drawChart(results) {
  let y = 0
  const panels = PANELS.filter(([name]) => results[name]?.bars).map(([name, title, unit]) => {
    const { bars } = results[name]
    const drawn = `<g transform="translate(0 ${y})">${drawPanel(title, bars, unit)}</g>`
    y += 44 + bars.length * STEP
    return drawn
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" role="img" aria-label="chatwire beside a bare loop and its peers">
<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600 }
rect { fill: #8c959f }
.own { fill: #0969da }
.bare { fill: #d0d7de }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  rect { fill: #6e7681 }
  .own { fill: #4493f8 }
  .bare { fill: #3d444d }
}
</style>
${panels.join('\n')}
</svg>
`
}

function drawPanel(title, bars, unit) {
  const most = Math.max(...bars.map(({ value }) => value))
  const rows = bars.map(({ name, value }, index) => {
    const y = 34 + index * STEP
    const width = Math.max(1, (value / most) * (WIDTH - LABEL - 80))
    const kind = name.startsWith('chatwire') ? 'own' : name === 'bare loop' ? 'bare' : 'peer'
    return `<text x="${LABEL - 8}" y="${y + 13}" text-anchor="end">${name}</text>
<rect class="${kind}" x="${LABEL}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" rx="3"/>
<text x="${(LABEL + width + 6).toFixed(1)}" y="${y + 13}">${value}${unit}</text>`
  })
  return `<text class="title" x="0" y="20">${title}</text>\n${rows.join('\n')}`
}
