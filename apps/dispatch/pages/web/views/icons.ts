/** Small pictures; their colour is that of the text around them. */
import { h, type Picture } from '../base/view.ts'

const icon = (...paths: string[]): Picture =>
  h(
    'svg',
    { class: 'icon', viewBox: '0 0 24 24', width: 24, height: 24, 'aria-hidden': 'true' },
    paths.map((d) => h('path', { d })),
  )

export const shopIcon = (): Picture =>
  icon('M4 10v9h16v-9', 'M3 10l2-5h14l2 5a3 3 0 0 1-6 0 3 3 0 0 1-6 0 3 3 0 0 1-6 0z')
export const homeIcon = (): Picture => icon('M4 11l8-7 8 7v8a1 1 0 0 1-1 1h-4v-6h-6v6H5a1 1 0 0 1-1-1z')
export const riderIcon = (): Picture =>
  icon(
    'M6 20a3 3 0 1 0 0-6 3 3 0 0 0 0 6z',
    'M18 20a3 3 0 1 0 0-6 3 3 0 0 0 0 6z',
    'M6 17l4-7h5l3 7',
    'M10 10l2 5h-3',
    'M14 6h2l1 4',
  )
export const meIcon = (): Picture => icon('M12 3l6 17-6-4-6 4z')
