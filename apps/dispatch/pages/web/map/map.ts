/**
 * A map: tiles, lines and points drawn on a canvas, and markers as elements. Moved by finger, mouse, wheel and keys.
 * What it shows beside the ground is said anew with each picture; markers glide to where they are next.
 */
import type { Position } from '../api/contract.ts'
import { draw, h } from '../base/view.ts'
import { paintCanvas } from './canvas.ts'
import type { MapContent } from './content.ts'
import { gestures } from './gestures.ts'
import { tileLayer } from './tile-layer.ts'
import { fitted, fromScreen, toScreen, type Viewport, zoomed } from './viewport.ts'

export interface MapWords {
  label: string
  zoomIn: string
  zoomOut: string
  whole: string
  tilesMissing: string
}

export interface CityMap {
  element: HTMLElement
  show(content: MapContent): void
  say(words: MapWords): void
  /** Shows all of them, now and, until somebody moves the map, with `keep` from then on. */
  fit(positions: readonly Position[], options?: { keep?: boolean }): void
  /** Its middle is there from now on, whatever is to be fitted. */
  goTo(position: Position): void
  middle(): Position
  close(): void
}

/** A position comes every few seconds; a marker takes about as long to get there, and so goes on moving. */
const GLIDE_MS = 2_500
/** Farther than this, in pixels, it is not the same ride: it jumps. */
const GLIDE_PX_MAX = 400
const TOUCH_PX = 14

export function cityMap({
  tileAddress,
  start,
  onPick,
  onMove,
}: {
  tileAddress: (z: number, x: number, y: number) => string
  start: Position
  /** A place was touched, and the point there if there is one. */
  onPick?: (position: Position, pointId: string | undefined) => void
  onMove?: (middle: Position) => void
}): CityMap {
  const element = document.createElement('div')
  element.className = 'map'
  element.tabIndex = 0
  element.setAttribute('role', 'region')
  const ground = layer('map-ground')
  const canvas = document.createElement('canvas')
  canvas.className = 'map-canvas'
  const markers = layer('map-markers')
  const controls = layer('map-controls')
  element.append(ground, canvas, markers, controls)

  let view: Viewport = { middle: start, zoom: 14, widthPx: 0, heightPx: 0 }
  let content: MapContent = { markers: [], lines: [], points: [] }
  let words: MapWords = { label: '', zoomIn: '+', zoomOut: '−', whole: '', tilesMissing: '' }
  let fitTo: readonly Position[] = []
  let isHeld = false
  let isMissing = false
  let frame = 0
  /** More than markers on their way. */
  let isChanged = true
  const glides = new Map<string, { from: Position; to: Position; sinceMs: number }>()

  const tiles = tileLayer(ground, {
    address: tileAddress,
    onMissing(missing) {
      if (missing !== isMissing) {
        isMissing = missing
        drawControls()
      }
      if (!missing) redraw()
    },
  })

  function layer(name: string): HTMLElement {
    const made = document.createElement('div')
    made.className = name
    return made
  }

  function redraw(): void {
    isChanged = true
    nextFrame()
  }

  function nextFrame(): void {
    if (frame === 0) frame = requestAnimationFrame(paint)
  }

  function paint(nowMs: number): void {
    frame = 0
    if (view.widthPx === 0) return
    if (isChanged) {
      isChanged = false
      tiles.show(view)
      const style = getComputedStyle(element)
      const colour = (name: string) => style.getPropertyValue(`--map-${name}`).trim()
      paintCanvas(canvas, view, content, { colour, ratio: devicePixelRatio })
    }
    let isGliding = false
    for (const { id } of content.markers) {
      const marker = markers.querySelector<HTMLElement>(`[data-id="${CSS.escape(id)}"]`)
      const glide = glides.get(id)
      if (!marker || !glide) continue
      const share = Math.min(1, Math.max(0, (nowMs - glide.sinceMs) / GLIDE_MS))
      if (share < 1) isGliding = true
      const { x, y } = toScreen(view, between(glide, share))
      marker.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`
    }
    if (isGliding) nextFrame()
  }

  function drawMarkers(): void {
    draw(
      markers,
      content.markers.map(({ id, kind, label, picture }) =>
        h('div', { key: id, class: `marker marker-${kind}`, 'data-id': id, title: label }, picture),
      ),
    )
    const known = new Set(content.markers.map(({ id }) => id))
    for (const id of glides.keys()) if (!known.has(id)) glides.delete(id)
    const nowMs = performance.now()
    const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches
    for (const { id, position } of content.markers) {
      const glide = glides.get(id)
      if (glide && glide.to.lng === position.lng && glide.to.lat === position.lat) continue
      const share = glide ? Math.min(1, (nowMs - glide.sinceMs) / GLIDE_MS) : 1
      const from = glide && !isStill ? between(glide, share) : position
      const a = toScreen(view, from)
      const b = toScreen(view, position)
      const isNear = Math.hypot(a.x - b.x, a.y - b.y) <= GLIDE_PX_MAX
      glides.set(id, { from: isNear ? from : position, to: position, sinceMs: nowMs })
    }
  }

  function drawControls(): void {
    element.setAttribute('aria-label', words.label)
    const half = { x: view.widthPx / 2, y: view.heightPx / 2 }
    draw(controls, [
      h(
        'div',
        { class: 'map-buttons' },
        button('+', words.zoomIn, () => change(zoomed(view, 1, half))),
        button('−', words.zoomOut, () => change(zoomed(view, -1, half))),
        fitTo.length > 0 && button('⤢', words.whole, fitAgain),
      ),
      h(
        'p',
        { class: 'map-notice' },
        isMissing && h('span', { class: 'map-missing' }, words.tilesMissing),
        '© OpenStreetMap',
      ),
    ])
  }

  const button = (sign: string, name: string, click: () => void) =>
    h('button', { type: 'button', key: sign, title: name, 'aria-label': name, click }, sign)

  function change(next: Viewport): void {
    view = next
    isHeld = true
    redraw()
    onMove?.(view.middle)
  }

  function fitAgain(): void {
    isHeld = false
    view = fitted(view, fitTo)
    redraw()
    onMove?.(view.middle)
  }

  const stopGestures = gestures(element, {
    view: () => view,
    change,
    pick(at) {
      let nearest: string | undefined
      let nearestPx = TOUCH_PX
      for (const { id, position } of content.points) {
        const { x, y } = toScreen(view, position)
        const px = Math.hypot(x - at.x, y - at.y)
        if (px < nearestPx) [nearest, nearestPx] = [id, px]
      }
      onPick?.(fromScreen(view, at), nearest)
    },
  })

  const observer = new ResizeObserver(() => {
    view = { ...view, widthPx: element.clientWidth, heightPx: element.clientHeight }
    if (!isHeld && fitTo.length > 0) view = fitted(view, fitTo)
    redraw()
  })
  observer.observe(element)
  // Colours of the canvas do not follow the style sheet by themselves.
  const scheme = matchMedia('(prefers-color-scheme: dark)')
  scheme.addEventListener('change', redraw)
  const theme = new MutationObserver(redraw)
  theme.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] })

  return {
    element,
    show(next) {
      if (next === content) return
      content = next
      drawMarkers()
      redraw()
    },
    say(next) {
      words = next
      drawControls()
    },
    fit(positions, { keep = false } = {}) {
      const isFirst = fitTo.length === 0
      fitTo = positions
      if (positions.length > 0 && (isFirst || keep) && !isHeld) {
        view = fitted(view, positions)
        redraw()
      }
      if (isFirst) drawControls()
    },
    goTo: (position) => change({ ...view, middle: position }),
    middle: () => view.middle,
    close() {
      cancelAnimationFrame(frame)
      stopGestures()
      observer.disconnect()
      theme.disconnect()
      scheme.removeEventListener('change', redraw)
    },
  }
}

const between = ({ from, to }: { from: Position; to: Position }, share: number): Position => ({
  lng: from.lng + (to.lng - from.lng) * share,
  lat: from.lat + (to.lat - from.lat) * share,
})
