/** Lines and points of a map on a canvas: lines of a kind are one path, and a crowd of points is drawn as plain squares. */
import type { MapContent, MapLine, Point } from './content.ts'
import { type ScreenOf, screenOf, type Viewport } from './viewport.ts'

const POINT_PX = 5
const SHOP_PX = 3
const CROWD_PX = 2.5
/** Round points with their edges cost some hundred times as much as squares; more could not be told apart anyway. */
const ROUND_MAX = 1_500
/** What matters more lies above. */
const KINDS: readonly Point['kind'][] = ['shop', 'idle', 'busy', 'waiting', 'late']
const LINE_PX: Readonly<Record<MapLine['kind'], number>> = { way: 4.5, ahead: 4.5, straight: 4.5, faint: 2 }
/** Of lines and points beyond the edge of the map. */
const OUTSIDE_PX = 20

export interface Paint {
  /** By the name of its variable in the style sheet, without `--map-`. */
  colour: (name: string) => string
  ratio: number
}

export function paintCanvas(
  canvas: HTMLCanvasElement,
  view: Viewport,
  content: MapContent,
  paint: Paint,
): void {
  const width = Math.round(view.widthPx * paint.ratio)
  const height = Math.round(view.heightPx * paint.ratio)
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width
    canvas.height = height
  }
  const pen = canvas.getContext('2d')
  if (!pen) return
  pen.setTransform(paint.ratio, 0, 0, paint.ratio, 0, 0)
  pen.clearRect(0, 0, view.widthPx, view.heightPx)
  const toScreen = screenOf(view)
  for (const kind of ['faint', 'ahead', 'straight', 'way'] as const) {
    paintLines(
      pen,
      kind,
      content.lines.filter((line) => line.kind === kind),
      toScreen,
      paint,
    )
  }
  paintPoints(pen, view, content.points, toScreen, paint)
}

function paintLines(
  pen: CanvasRenderingContext2D,
  kind: MapLine['kind'],
  lines: readonly MapLine[],
  toScreen: ScreenOf,
  { colour }: Paint,
): void {
  if (lines.length === 0) return
  pen.beginPath()
  for (const { way } of lines) {
    for (const [at, position] of way.entries()) {
      const { x, y } = toScreen(position)
      if (at === 0) pen.moveTo(x, y)
      else pen.lineTo(x, y)
    }
  }
  pen.lineJoin = 'round'
  pen.lineCap = 'round'
  pen.setLineDash(kind === 'straight' ? [2, 7] : [])
  pen.strokeStyle = colour(`line-${kind}`)
  pen.lineWidth = LINE_PX[kind]
  pen.stroke()
  pen.setLineDash([])
}

function paintPoints(
  pen: CanvasRenderingContext2D,
  view: Viewport,
  points: readonly Point[],
  toScreen: ScreenOf,
  { colour }: Paint,
): void {
  const seen = points
    .map((point) => ({ ...toScreen(point.position), point }))
    .filter(({ x, y }) => isNear(view, x, y))
  const isCrowd = seen.length > ROUND_MAX
  const edge = colour('edge')
  for (const kind of KINDS) {
    const fill = colour(`point-${kind}`)
    for (const { x, y, point } of seen) {
      if (point.kind !== kind || point.isChosen) continue
      if (isCrowd) dot(pen, x, y, kind === 'shop' ? SHOP_PX : CROWD_PX, { edge, fill })
      else mark(pen, x, y, kind, { edge, fill, edgePx: 1.5 })
    }
  }
  // What was chosen is seen in any crowd.
  for (const { x, y, point } of seen) {
    if (!point.isChosen) continue
    mark(pen, x, y, point.kind, { edge: colour('chosen'), fill: colour(`point-${point.kind}`), edgePx: 3 })
  }
}

const isNear = (view: Viewport, x: number, y: number): boolean =>
  x > -OUTSIDE_PX && y > -OUTSIDE_PX && x < view.widthPx + OUTSIDE_PX && y < view.heightPx + OUTSIDE_PX

function dot(
  pen: CanvasRenderingContext2D,
  x: number,
  y: number,
  halfPx: number,
  { edge, fill }: { edge: string; fill: string },
): void {
  pen.fillStyle = edge
  pen.fillRect(x - halfPx - 1, y - halfPx - 1, 2 * halfPx + 2, 2 * halfPx + 2)
  pen.fillStyle = fill
  pen.fillRect(x - halfPx, y - halfPx, 2 * halfPx, 2 * halfPx)
}

function mark(
  pen: CanvasRenderingContext2D,
  x: number,
  y: number,
  kind: Point['kind'],
  { edge, fill, edgePx }: { edge: string; fill: string; edgePx: number },
): void {
  pen.beginPath()
  if (kind === 'waiting' || kind === 'late') pen.rect(x - POINT_PX, y - POINT_PX, 2 * POINT_PX, 2 * POINT_PX)
  else pen.arc(x, y, kind === 'shop' ? SHOP_PX : POINT_PX, 0, 2 * Math.PI)
  pen.fillStyle = fill
  pen.fill()
  pen.strokeStyle = edge
  pen.lineWidth = edgePx
  pen.stroke()
}
