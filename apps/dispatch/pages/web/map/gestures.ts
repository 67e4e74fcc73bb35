/** How a map is moved: one finger or the mouse, two fingers, the wheel, and keys. */
import type { Pixel } from './mercator.ts'
import { moved, type Viewport, zoomed } from './viewport.ts'

/** A touch that moved less is meant for what lies there. */
const TAP_PX = 6
const KEY_PX = 80
/** Wheels and touch pads count in steps of very different size. */
const WHEEL_ZOOM_MAX = 0.5

const KEYS: Readonly<Record<string, Pixel>> = {
  ArrowLeft: { x: KEY_PX, y: 0 },
  ArrowRight: { x: -KEY_PX, y: 0 },
  ArrowUp: { x: 0, y: KEY_PX },
  ArrowDown: { x: 0, y: -KEY_PX },
}

export function gestures(
  element: HTMLElement,
  {
    view,
    change,
    pick,
  }: { view: () => Viewport; change: (view: Viewport) => void; pick: (at: Pixel) => void },
): () => void {
  const fingers = new Map<number, Pixel>()
  let movedPx = 0
  const ends = new AbortController()
  const on = <Name extends keyof HTMLElementEventMap>(
    name: Name,
    then: (event: HTMLElementEventMap[Name]) => void,
  ) => element.addEventListener(name, then, { signal: ends.signal, passive: false })

  const at = (event: MouseEvent): Pixel => {
    const { left, top } = element.getBoundingClientRect()
    return { x: event.clientX - left, y: event.clientY - top }
  }
  const isControl = (event: Event) =>
    event.target instanceof Element && event.target.closest('button, a') !== null
  const middleOf = (): Pixel => {
    const all = [...fingers.values()]
    const sum = all.reduce((a, b) => ({ x: a.x + b.x, y: a.y + b.y }), { x: 0, y: 0 })
    return { x: sum.x / all.length, y: sum.y / all.length }
  }
  const spreadOf = (): number => {
    const [a, b] = [...fingers.values()]
    return a && b ? Math.hypot(a.x - b.x, a.y - b.y) : 0
  }

  on('pointerdown', (event) => {
    if (isControl(event) || event.button !== 0) return
    element.setPointerCapture(event.pointerId)
    if (fingers.size === 0) movedPx = 0
    fingers.set(event.pointerId, at(event))
  })
  on('pointermove', (event) => {
    if (!fingers.has(event.pointerId)) return
    const middle = middleOf()
    const spread = spreadOf()
    fingers.set(event.pointerId, at(event))
    const now = middleOf()
    const by = { x: now.x - middle.x, y: now.y - middle.y }
    movedPx += Math.hypot(by.x, by.y)
    if (movedPx < TAP_PX && spread === 0) return
    const after = moved(view(), by)
    change(spread > 0 && spreadOf() > 0 ? zoomed(after, Math.log2(spreadOf() / spread), now) : after)
  })
  const lift = (event: PointerEvent) => {
    const was = fingers.get(event.pointerId)
    const isTap = event.type === 'pointerup' && fingers.size === 1 && movedPx < TAP_PX
    fingers.delete(event.pointerId)
    if (was && isTap) pick(was)
  }
  on('pointerup', lift)
  on('pointercancel', lift)
  on('wheel', (event) => {
    event.preventDefault()
    const by = -event.deltaY * (event.deltaMode === 1 ? 0.08 : 0.003)
    change(zoomed(view(), Math.max(-WHEEL_ZOOM_MAX, Math.min(WHEEL_ZOOM_MAX, by)), at(event)))
  })
  on('dblclick', (event) => {
    if (!isControl(event)) change(zoomed(view(), 1, at(event)))
  })
  on('keydown', (event) => {
    if (event.target !== element || event.ctrlKey || event.metaKey || event.altKey) return
    const { widthPx, heightPx } = view()
    const half = { x: widthPx / 2, y: heightPx / 2 }
    const by = KEYS[event.key]
    if (by) change(moved(view(), by))
    else if (event.key === '+' || event.key === '=') change(zoomed(view(), 1, half))
    else if (event.key === '-') change(zoomed(view(), -1, half))
    else return
    event.preventDefault()
  })
  return () => ends.abort()
}
