/** What is to happen when: a heap by time; at the same time, what was noted first. */

export interface Agenda {
  at(atMs: number, task: () => void): void
  /** When the next task is due; undefined when there is none. */
  nextAtMs(): number | undefined
  /** Takes out and answers the next task that is due by then. */
  due(nowMs: number): { atMs: number; task: () => void } | undefined
  readonly size: number
}

interface Entry {
  atMs: number
  number: number
  task: () => void
}

const before = (a: Entry, b: Entry): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.number < b.number)

export function createAgenda(): Agenda {
  const heap: Entry[] = []
  let numbers = 0

  const swap = (a: number, b: number): void => {
    const kept = heap[a]!
    heap[a] = heap[b]!
    heap[b] = kept
  }
  const rise = (from: number): void => {
    for (let index = from; index > 0; ) {
      const parent = (index - 1) >> 1
      if (!before(heap[index]!, heap[parent]!)) return
      swap(index, parent)
      index = parent
    }
  }
  const sink = (): void => {
    for (let index = 0; ; ) {
      let least = index
      for (const child of [2 * index + 1, 2 * index + 2])
        if (child < heap.length && before(heap[child]!, heap[least]!)) least = child
      if (least === index) return
      swap(index, least)
      index = least
    }
  }

  return {
    at(atMs, task) {
      heap.push({ atMs, number: numbers++, task })
      rise(heap.length - 1)
    },
    nextAtMs: () => heap[0]?.atMs,
    due(nowMs) {
      const first = heap[0]
      if (!first || first.atMs > nowMs) return undefined
      const last = heap.pop()!
      if (heap.length > 0) {
        heap[0] = last
        sink()
      }
      return first
    },
    get size() {
      return heap.length
    },
  }
}
