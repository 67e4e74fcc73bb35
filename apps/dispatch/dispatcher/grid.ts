/**
 * Riders by where they are, to find the nearest ones: a grid of square cells, each a list through typed arrays. The cells repeat
 * every `across` of them, so the plane has no edge; what comes from another repetition is told apart by its distance.
 */

const across = 256
const mask = across - 1
/** With fewer riders than this, looking at all of them is quicker than at cells. */
const few = 192

export interface Grid {
  readonly size: number
  has(slot: number): boolean
  put(slot: number, x: number, y: number): void
  remove(slot: number): void
  /** The nearest ones, nearest first, at most `count`; equally near ones by their slot. The array is written over by the next call. */
  nearest(x: number, y: number, count: number): Int32Array
}

export function gridOf(cellMetres: number): Grid {
  const heads = new Int32Array(across * across).fill(-1)
  let xs = new Float64Array(64)
  let ys = new Float64Array(64)
  /** -1: not in the grid. */
  let cells = new Int32Array(64).fill(-1)
  let next = new Int32Array(64)
  let before = new Int32Array(64)
  /** All slots that are in, for when they are few; `ranks` says where each is in it. */
  let all = new Int32Array(64)
  let ranks = new Int32Array(64)
  let size = 0
  let found = new Int32Array(64)
  let distances = new Float64Array(64)

  function grow(slots: number): void {
    const length = Math.max(slots, cells.length * 2)
    const from = cells.length
    const wider = <A extends Int32Array | Float64Array>(old: A, made: A): A => {
      made.set(old)
      return made
    }
    xs = wider(xs, new Float64Array(length))
    ys = wider(ys, new Float64Array(length))
    cells = wider(cells, new Int32Array(length)).fill(-1, from)
    next = wider(next, new Int32Array(length))
    before = wider(before, new Int32Array(length))
    all = wider(all, new Int32Array(length))
    ranks = wider(ranks, new Int32Array(length))
  }

  const cellOf = (x: number, y: number): number =>
    (Math.floor(x / cellMetres) & mask) + (Math.floor(y / cellMetres) & mask) * across

  function link(slot: number, cell: number): void {
    const head = heads[cell]!
    cells[slot] = cell
    next[slot] = head
    before[slot] = -1
    if (head !== -1) before[head] = slot
    heads[cell] = slot
  }

  function unlink(slot: number): void {
    const after = next[slot]!
    const previous = before[slot]!
    if (previous === -1) heads[cells[slot]!] = after
    else next[previous] = after
    if (after !== -1) before[after] = previous
  }

  /** Puts a slot among those found so far; answers how many there are. */
  function offer(slot: number, x: number, y: number, held: number, count: number): number {
    const dx = xs[slot]! - x
    const dy = ys[slot]! - y
    const distance = dx * dx + dy * dy
    let at = held
    if (held === count) {
      const last = distances[count - 1]!
      if (distance > last || (distance === last && slot > found[count - 1]!)) return held
      at = count - 1
    }
    for (; at > 0; at--) {
      const other = distances[at - 1]!
      if (other < distance || (other === distance && found[at - 1]! < slot)) break
      distances[at] = other
      found[at] = found[at - 1]!
    }
    distances[at] = distance
    found[at] = slot
    return held === count ? held : held + 1
  }

  function offerCell(column: number, row: number, x: number, y: number, held: number, count: number): number {
    let slot = heads[(column & mask) + (row & mask) * across]!
    for (; slot !== -1; slot = next[slot]!) held = offer(slot, x, y, held, count)
    return held
  }

  return {
    get size() {
      return size
    },
    has: (slot) => slot < cells.length && cells[slot] !== -1,

    put(slot, x, y) {
      if (slot >= cells.length) grow(slot + 1)
      const cell = cellOf(x, y)
      xs[slot] = x
      ys[slot] = y
      if (cells[slot] === cell) return
      if (cells[slot] === -1) {
        ranks[slot] = size
        all[size++] = slot
      } else unlink(slot)
      link(slot, cell)
    },

    remove(slot) {
      if (slot >= cells.length || cells[slot] === -1) return
      unlink(slot)
      cells[slot] = -1
      const last = all[--size]!
      all[ranks[slot]!] = last
      ranks[last] = ranks[slot]!
    },

    nearest(x, y, wanted) {
      const count = Math.min(wanted, size)
      if (count > found.length) {
        found = new Int32Array(count * 2)
        distances = new Float64Array(count * 2)
      }
      let held = 0
      if (count === 0) return found.subarray(0, 0)
      if (size <= few || count * 4 > size) {
        for (let rank = 0; rank < size; rank++) held = offer(all[rank]!, x, y, held, count)
        return found.subarray(0, held)
      }
      const column = Math.floor(x / cellMetres)
      const row = Math.floor(y / cellMetres)
      // From the point to the nearest edge of its own cell: what lies beyond `ring` cells is at least that and `ring` cells away.
      const toEdge = Math.min(
        x - column * cellMetres,
        (column + 1) * cellMetres - x,
        y - row * cellMetres,
        (row + 1) * cellMetres - y,
      )
      for (let ring = 0; ring <= across / 2; ring++) {
        if (held === count) {
          const reach = toEdge + (ring - 1) * cellMetres
          if (ring > 0 && distances[count - 1]! < reach * reach) break
        }
        if (ring === 0) held = offerCell(column, row, x, y, held, count)
        else if (ring === across / 2) {
          // The last ring is one column and one row: those opposite of them are the same cells.
          for (let step = -ring; step < ring; step++)
            held = offerCell(column - ring, row + step, x, y, held, count)
          for (let step = -ring + 1; step < ring; step++)
            held = offerCell(column + step, row - ring, x, y, held, count)
        } else {
          for (let step = -ring; step <= ring; step++) {
            held = offerCell(column + step, row - ring, x, y, held, count)
            held = offerCell(column + step, row + ring, x, y, held, count)
          }
          for (let step = -ring + 1; step < ring; step++) {
            held = offerCell(column - ring, row + step, x, y, held, count)
            held = offerCell(column + ring, row + step, x, y, held, count)
          }
        }
      }
      return found.subarray(0, held)
    },
  }
}
