/**
 * A contraction hierarchy (Geisberger, Sanders, Schultes, Delling 2008), as columns. Nodes are known by their rank here:
 * 0 was contracted first. Every arc is kept at its lower end: upward ones leave it, downward ones arrive at it. A shortcut
 * knows the two arcs that it stands for.
 */
export interface Hierarchy {
  /** Of each node, by its number in the graph that was contracted. */
  rank: Uint32Array
  /** Upward arcs of the node of rank r: from `upStart[r]` to before `upStart[r + 1]`. */
  upStart: Uint32Array
  /** Downward arcs that arrive at the node of rank r, likewise; in the same columns, behind the upward ones. */
  downStart: Uint32Array
  /** Rank of the higher end. */
  other: Uint32Array
  ms: Uint32Array
  decimetres: Uint32Array
  /** A shortcut's first arc; for an arc that is none, the arc of the road graph. */
  first: Uint32Array
  /** A shortcut's second arc, or `NO_ARC`. */
  second: Uint32Array
}

/** What is contracted: arcs between nodes by their numbers, as columns; `road` is the arc of the road graph. */
export interface WeightedArcs {
  tail: Uint32Array
  head: Uint32Array
  ms: Uint32Array
  decimetres: Uint32Array
  road: Uint32Array
}

export const NO_ARC = 0xffffffff

/** Longest way there can be, so that sums of two stay whole numbers of 32 bits. About 12 days. */
export const MS_MAX = 2 ** 30

/** Road arcs that an arc of the hierarchy stands for, in the order they are ridden. */
export function unpack(hierarchy: Hierarchy, arc: number, into: number[]): void {
  const open = [arc]
  while (open.length > 0) {
    const next = open.pop()!
    const second = hierarchy.second[next]!
    if (second === NO_ARC) into.push(hierarchy.first[next]!)
    else open.push(second, hierarchy.first[next]!)
  }
}
