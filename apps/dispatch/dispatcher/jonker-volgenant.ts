/**
 * The cheapest assignment of rows to columns, each column to one row at the most (Jonker and Volgenant 1987, the part with
 * shortest augmenting paths): rows ≤ columns, costs row by row, all finite. Answers the column of each row. O(rows² · columns).
 */
export function assign(costs: Float64Array, rows: number, columns: number): Int32Array {
  if (rows > columns) throw new Error('there are more rows than columns')
  const rowPrice = new Float64Array(rows)
  const columnPrice = new Float64Array(columns)
  const columnOf = new Int32Array(rows).fill(-1)
  const rowOf = new Int32Array(columns).fill(-1)
  const distance = new Float64Array(columns)
  const from = new Int32Array(columns)
  const done = new Uint8Array(columns)

  for (let free = 0; free < rows; free++) {
    distance.fill(Number.POSITIVE_INFINITY)
    done.fill(0)
    let row = free
    let shortest = 0
    let sink = -1
    const reached: number[] = []
    while (sink === -1) {
      const base = row * columns
      let nearest = -1
      let nearestDistance = Number.POSITIVE_INFINITY
      for (let column = 0; column < columns; column++) {
        if (done[column]) continue
        const there = shortest + costs[base + column]! - rowPrice[row]! - columnPrice[column]!
        if (there < distance[column]!) {
          distance[column] = there
          from[column] = row
        }
        const best = distance[column]!
        // Of equally near ones a free column ends the search.
        if (best < nearestDistance || (best === nearestDistance && rowOf[column] === -1)) {
          nearestDistance = best
          nearest = column
        }
      }
      if (nearestDistance === Number.POSITIVE_INFINITY) throw new Error('a cost is not finite')
      shortest = nearestDistance
      done[nearest] = 1
      if (rowOf[nearest] === -1) sink = nearest
      else {
        reached.push(nearest)
        row = rowOf[nearest]!
      }
    }
    rowPrice[free]! += shortest
    for (const column of reached) {
      const slack = shortest - distance[column]!
      rowPrice[rowOf[column]!]! += slack
      columnPrice[column]! -= slack
    }
    for (let column = sink; ; ) {
      const by = from[column]!
      const before = columnOf[by]!
      columnOf[by] = column
      rowOf[column] = by
      if (by === free) break
      column = before
    }
  }
  return columnOf
}
