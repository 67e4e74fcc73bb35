import { h, type Picture } from '../base/view.ts'

/** 0 to 1 as a bar; an SVG, as the pages allow no styles in elements. */
export const bar = (share: number): Picture =>
  h(
    'svg',
    { class: 'bar', viewBox: '0 0 100 4', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    h('rect', { class: 'bar-ground', width: 100, height: 4 }),
    h('rect', {
      class: 'bar-value',
      width: Math.round(Math.min(1, Math.max(0, share)) * 1000) / 10,
      height: 4,
    }),
  )
