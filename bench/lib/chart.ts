/** A chart of a few lines over time, as SVG: each with a scale of its own, since requests and instances have no common one. */

export interface Line {
  name: string
  points: readonly { atMs: number; value: number }[]
}

const size = { width: 900, height: 360, left: 60, right: 60, top: 50, bottom: 40 }
const colours = ['#8a8f98', '#c2410c']
const plot = {
  width: size.width - size.left - size.right,
  height: size.height - size.top - size.bottom,
}

/** The first line is filled, and its scale is on the left; that of the second on the right. */
export function chart({ title, lines }: { title: string; lines: readonly [Line, Line] }): string {
  const endMs = Math.max(1, ...lines.flatMap(({ points }) => points.map(({ atMs }) => atMs)))
  const x = (atMs: number): string => (size.left + (atMs / endMs) * plot.width).toFixed(1)
  const baseY = size.top + plot.height
  const drawn = lines.map(({ name, points }, index) => {
    const most = roundUp(Math.max(1, ...points.map(({ value }) => value)))
    const y = (value: number): string => (baseY - (value / most) * plot.height).toFixed(1)
    const path = points.map(({ atMs, value }) => `${x(atMs)},${y(value)}`).join(' ')
    const colour = colours[index]!
    const atX = index === 0 ? size.left - 8 : size.left + plot.width + 8
    const anchor = index === 0 ? 'end' : 'start'
    const scale = [0, most / 2, most].map(
      (value) =>
        `<text x="${atX}" y="${Number(y(value)) + 4}" text-anchor="${anchor}" fill="${colour}">${value}</text>`,
    )
    const area =
      index === 0
        ? `<polygon points="${x(0)},${baseY} ${path} ${x(points.at(-1)?.atMs ?? 0)},${baseY}" fill="${colour}" fill-opacity="0.2"/>`
        : ''
    const legend = `<text x="${size.left + 150 * index}" y="42" fill="${colour}">— ${escaped(name)}</text>`
    return `${area}<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="${index + 1}"/>${scale.join('')}${legend}`
  })
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const atMs = share * endMs
    return `<line x1="${x(atMs)}" y1="${size.top}" x2="${x(atMs)}" y2="${baseY}" stroke="#e5e7eb"/><text x="${x(atMs)}" y="${baseY + 20}" text-anchor="middle" fill="#4b5563">${Math.round(atMs / 100) / 10} s</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" font-family="sans-serif" font-size="12">
<title>${escaped(title)}</title>
<rect width="${size.width}" height="${size.height}" fill="#fff"/>
<text x="${size.left}" y="22" font-size="14" fill="#111827">${escaped(title)}</text>
${ticks.join('\n')}
${drawn.join('\n')}
</svg>
`
}

/** To two digits, even, so that its half is a whole number where it can be. */
function roundUp(value: number): number {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(value)) - 1)
  const rounded = Math.ceil(value / step) * step
  return rounded % 2 === 0 ? rounded : rounded + step
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
