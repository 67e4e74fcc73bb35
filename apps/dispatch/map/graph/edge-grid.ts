/** Edges by the cells of a square grid that they touch; finds the nearest one exactly. */
import type { Position } from '../../model/order.ts'
import { METRES_PER_DEGREE } from './metric.ts'
import { DEGREE, type RoadGraph } from './road-graph.ts'

const CELL_METRES = 150

/** Cells at the most; over a wider area they are made larger. */
const CELLS_MAX = 1 << 20

export interface NearEdge {
  edge: number
  metres: number
  /** How far along the edge, 0 at its first node and 1 at its second. */
  share: number
  position: Position
}

export class EdgeGrid {
  readonly #graph: RoadGraph
  readonly #west: number
  readonly #south: number
  readonly #metresPerLng: number
  readonly #columns: number
  readonly #rows: number
  readonly #cellMetres: number
  /** The points of all edges, in metres: those of an edge from `#pointStart[edge]` on. */
  readonly #pointStart: Uint32Array
  readonly #pointX: Float64Array
  readonly #pointY: Float64Array
  readonly #start: Uint32Array
  readonly #edges: Uint32Array

  constructor(graph: RoadGraph, bounds: { west: number; south: number; east: number; north: number }) {
    this.#graph = graph
    this.#west = bounds.west
    this.#south = bounds.south
    this.#metresPerLng = Math.cos((((bounds.south + bounds.north) / 2) * Math.PI) / 180) * METRES_PER_DEGREE
    const width = (bounds.east - bounds.west) * this.#metresPerLng
    const height = (bounds.north - bounds.south) * METRES_PER_DEGREE
    this.#cellMetres = Math.max(CELL_METRES, Math.sqrt((width * height) / CELLS_MAX))
    this.#columns = Math.floor(width / this.#cellMetres) + 1
    this.#rows = Math.floor(height / this.#cellMetres) + 1
    const count = graph.edgeFrom.length
    this.#pointStart = graph.shapeStart.map((start, edge) => start + 2 * edge)
    this.#pointX = new Float64Array(this.#pointStart[count]!)
    this.#pointY = new Float64Array(this.#pointStart[count]!)
    this.#placePoints()
    const { start, edges } = this.#fill()
    this.#start = start
    this.#edges = edges
  }

  /** @param accept leaves out edges that do not count. */
  nearest(position: Position, withinMetres: number, accept: (edge: number) => boolean): NearEdge | undefined {
    const x = this.#x(position.lng * DEGREE)
    const y = this.#y(position.lat * DEGREE)
    const column = Math.floor(x / this.#cellMetres)
    const row = Math.floor(y / this.#cellMetres)
    let best = -1
    let bestSquare = withinMetres * withinMetres
    const look = (atColumn: number, atRow: number): void => {
      if (atColumn < 0 || atRow < 0 || atColumn >= this.#columns || atRow >= this.#rows) return
      const cell = atRow * this.#columns + atColumn
      for (let at = this.#start[cell]!; at < this.#start[cell + 1]!; at++) {
        const edge = this.#edges[at]!
        const square = this.#squareTo(edge, x, y)
        if (square > bestSquare || (square === bestSquare && best !== -1) || !accept(edge)) continue
        best = edge
        bestSquare = square
      }
    }
    const rings = Math.ceil(withinMetres / this.#cellMetres)
    // What lies beyond ring r is farther than r cells.
    for (
      let ring = 0;
      ring <= rings && bestSquare > (Math.max(0, ring - 1) * this.#cellMetres) ** 2;
      ring++
    ) {
      for (let at = -ring; at <= ring; at++) {
        look(column + at, row - ring)
        if (ring > 0) look(column + at, row + ring)
      }
      for (let at = -ring + 1; at < ring; at++) {
        look(column - ring, row + at)
        look(column + ring, row + at)
      }
    }
    return best === -1 ? undefined : this.#spotOn(best, x, y)
  }

  /** How far an edge is from a position. */
  measure(edge: number, position: Position): NearEdge {
    return this.#spotOn(edge, this.#x(position.lng * DEGREE), this.#y(position.lat * DEGREE))
  }

  /** Edges that may touch a rectangle, each once; all that do are among them. */
  within(box: { west: number; south: number; east: number; north: number }): Set<number> {
    const found = new Set<number>()
    const clamp = (value: number, max: number): number => Math.max(0, Math.min(max, Math.floor(value)))
    const cell = this.#cellMetres
    if (box.east < this.#west || box.north < this.#south) return found
    const toColumn = clamp(this.#x(box.east * DEGREE) / cell, this.#columns - 1)
    const toRow = clamp(this.#y(box.north * DEGREE) / cell, this.#rows - 1)
    for (let row = clamp(this.#y(box.south * DEGREE) / cell, this.#rows); row <= toRow; row++)
      for (
        let column = clamp(this.#x(box.west * DEGREE) / cell, this.#columns);
        column <= toColumn;
        column++
      ) {
        const at = row * this.#columns + column
        for (let entry = this.#start[at]!; entry < this.#start[at + 1]!; entry++)
          found.add(this.#edges[entry]!)
      }
    return found
  }

  #x(lng: number): number {
    return (lng / DEGREE - this.#west) * this.#metresPerLng
  }

  #y(lat: number): number {
    return (lat / DEGREE - this.#south) * METRES_PER_DEGREE
  }

  /** Calls for each straight piece of an edge, in its order, with coordinates in metres. */
  #pieces(edge: number, piece: (x1: number, y1: number, x2: number, y2: number) => void): void {
    const x = this.#pointX
    const y = this.#pointY
    for (let at = this.#pointStart[edge]!, last = this.#pointStart[edge + 1]! - 1; at < last; at++)
      piece(x[at]!, y[at]!, x[at + 1]!, y[at + 1]!)
  }

  /** Squared, without looking further along than to where it is nearest: most edges are only looked at, and passed by. */
  #squareTo(edge: number, x: number, y: number): number {
    const pointX = this.#pointX
    const pointY = this.#pointY
    let least = Number.POSITIVE_INFINITY
    for (let at = this.#pointStart[edge]!, last = this.#pointStart[edge + 1]! - 1; at < last; at++) {
      const x1 = pointX[at]!
      const y1 = pointY[at]!
      const dx = pointX[at + 1]! - x1
      const dy = pointY[at + 1]! - y1
      const square = dx * dx + dy * dy
      const along = square === 0 ? 0 : Math.max(0, Math.min(1, ((x - x1) * dx + (y - y1) * dy) / square))
      const awayX = x1 + along * dx - x
      const awayY = y1 + along * dy - y
      const away = awayX * awayX + awayY * awayY
      if (away < least) least = away
    }
    return least
  }

  /** Where on an edge it is nearest. */
  #spotOn(edge: number, x: number, y: number): NearEdge {
    let least = Number.POSITIVE_INFINITY
    let found = { along: 0, x: 0, y: 0 }
    let length = 0
    this.#pieces(edge, (x1, y1, x2, y2) => {
      const dx = x2 - x1
      const dy = y2 - y1
      const square = dx * dx + dy * dy
      const along = square === 0 ? 0 : Math.max(0, Math.min(1, ((x - x1) * dx + (y - y1) * dy) / square))
      const at = { x: x1 + along * dx, y: y1 + along * dy }
      const metres = Math.hypot(at.x - x, at.y - y)
      const pieceLength = Math.sqrt(square)
      if (metres < least) {
        least = metres
        found = { along: length + along * pieceLength, ...at }
      }
      length += pieceLength
    })
    return {
      edge,
      metres: least,
      share: length === 0 ? 0 : found.along / length,
      position: {
        lng: this.#west + found.x / this.#metresPerLng,
        lat: this.#south + found.y / METRES_PER_DEGREE,
      },
    }
  }

  #placePoints(): void {
    const { nodeLng, nodeLat, edgeFrom, edgeTo, shapeStart, shapeLng, shapeLat } = this.#graph
    for (let edge = 0, point = 0; edge < edgeFrom.length; edge++) {
      const put = (lng: number, lat: number): void => {
        this.#pointX[point] = this.#x(lng)
        this.#pointY[point++] = this.#y(lat)
      }
      put(nodeLng[edgeFrom[edge]!]!, nodeLat[edgeFrom[edge]!]!)
      for (let at = shapeStart[edge]!; at < shapeStart[edge + 1]!; at++) put(shapeLng[at]!, shapeLat[at]!)
      put(nodeLng[edgeTo[edge]!]!, nodeLat[edgeTo[edge]!]!)
    }
  }

  #fill(): { start: Uint32Array; edges: Uint32Array } {
    const cells: number[] = []
    const edges: number[] = []
    const cellOf = (metres: number): number => Math.floor(metres / this.#cellMetres)
    for (let edge = 0; edge < this.#graph.edgeFrom.length; edge++) {
      let last = -1
      this.#pieces(edge, (x1, y1, x2, y2) => {
        const lastRow = cellOf(Math.max(y1, y2))
        const lastColumn = cellOf(Math.max(x1, x2))
        for (let row = cellOf(Math.min(y1, y2)); row <= lastRow; row++)
          for (let column = cellOf(Math.min(x1, x2)); column <= lastColumn; column++) {
            const cell = row * this.#columns + column
            // An edge that comes back to a cell is there twice, which costs a look and nothing else.
            if (cell === last) continue
            last = cell
            cells.push(cell)
            edges.push(edge)
          }
      })
    }
    const start = new Uint32Array(this.#columns * this.#rows + 1)
    for (const cell of cells) start[cell + 1]!++
    for (let cell = 0; cell + 1 < start.length; cell++) start[cell + 1]! += start[cell]!
    const next = start.slice()
    const sorted = new Uint32Array(edges.length)
    cells.forEach((cell, at) => {
      sorted[next[cell]!++] = edges[at]!
    })
    return { start, edges: sorted }
  }
}
