/** Makes a contraction hierarchy: exact whatever the order and however short the search for witnesses. */
import { Heap } from './heap.ts'
import { type Hierarchy, MS_MAX, NO_ARC, type WeightedArcs } from './hierarchy.ts'
import { ordered, Remainder } from './remainder.ts'

/** Late nodes take a millisecond each in a large city. */
const NODES_PER_STEP = 8

export function contract(nodeCount: number, arcs: WeightedArcs): Hierarchy {
  const remainder = new Remainder(nodeCount, arcs)
  const rank = new Uint32Array(nodeCount)
  inOwnOrder(nodeCount, remainder, rank)
  return frozen(nodeCount, remainder, rank)
}

/**
 * The same in steps, between which others may work.
 *
 * @param rank of each node, from an earlier contraction of the same roads: with other times that order is nearly as good, and
 *   no prices have to be asked.
 */
export function* contractAnew(
  nodeCount: number,
  arcs: WeightedArcs,
  rank: Uint32Array,
): Generator<undefined, Hierarchy> {
  const remainder = new Remainder(nodeCount, arcs)
  let contracted = 0
  for (const node of ordered(rank)) {
    remainder.contract(node)
    if (++contracted % NODES_PER_STEP === 0) yield undefined
  }
  return frozen(nodeCount, remainder, rank)
}

/** The cheapest node first; its price is asked again when its turn comes, as neighbours may have been contracted since. */
function inOwnOrder(nodeCount: number, remainder: Remainder, rank: Uint32Array): void {
  const waiting = new Heap()
  for (let node = 0; node < nodeCount; node++) waiting.push(remainder.price(node), node)
  for (let next = 0; waiting.size > 0; ) {
    const node = waiting.pop()
    const price = remainder.price(node)
    if (price > waiting.least) {
      waiting.push(price, node)
      continue
    }
    remainder.contract(node)
    rank[node] = next++
  }
}

function frozen(nodeCount: number, { arcs, arcCount }: Remainder, rank: Uint32Array): Hierarchy {
  const upStart = new Uint32Array(nodeCount + 1)
  const downStart = new Uint32Array(nodeCount + 1)
  const isUp = (arc: number): boolean => rank[arcs.tail[arc]!]! < rank[arcs.head[arc]!]!
  for (let arc = 0; arc < arcCount; arc++)
    if (isUp(arc)) upStart[rank[arcs.tail[arc]!]! + 1]!++
    else downStart[rank[arcs.head[arc]!]! + 1]!++
  for (let at = 0; at < nodeCount; at++) upStart[at + 1]! += upStart[at]!
  downStart[0] = upStart[nodeCount]!
  for (let at = 0; at < nodeCount; at++) downStart[at + 1]! += downStart[at]!

  const placeOf = new Uint32Array(arcCount)
  const nextUp = upStart.slice()
  const nextDown = downStart.slice()
  for (let arc = 0; arc < arcCount; arc++)
    placeOf[arc] = isUp(arc) ? nextUp[rank[arcs.tail[arc]!]!]!++ : nextDown[rank[arcs.head[arc]!]!]!++

  const columns = () => new Uint32Array(arcCount)
  const made = { other: columns(), ms: columns(), decimetres: columns(), first: columns(), second: columns() }
  for (let arc = 0; arc < arcCount; arc++) {
    const place = placeOf[arc]!
    made.other[place] = rank[isUp(arc) ? arcs.head[arc]! : arcs.tail[arc]!]!
    made.ms[place] = Math.min(arcs.ms[arc]!, MS_MAX)
    made.decimetres[place] = arcs.decimetres[arc]!
    const second = arcs.second[arc]!
    made.first[place] = second === NO_ARC ? arcs.first[arc]! : placeOf[arcs.first[arc]!]!
    made.second[place] = second === NO_ARC ? NO_ARC : placeOf[second]!
  }
  return { rank, upStart, downStart, ...made }
}
