/**
 * Who waits for an instance, oldest first: bounded in number, and nobody waits for longer than a deadline. A plain value
 * and pure functions; whoever holds it answers those that are handed back.
 */
export interface WaitSettings {
  /** One more is refused. */
  waitingMax: number
  /** Who has waited for this long is refused. */
  waitMaxMs: number
}

export interface Waiting<T> {
  readonly item: T
  readonly untilMs: number
}

export type WaitQueue<T> = readonly Waiting<T>[]

/** The queue with one more, or undefined when it is full. */
export function enqueue<T>(
  queue: WaitQueue<T>,
  item: T,
  nowMs: number,
  { waitingMax, waitMaxMs }: WaitSettings,
): WaitQueue<T> | undefined {
  if (queue.length >= waitingMax) return undefined
  return [...queue, { item, untilMs: nowMs + waitMaxMs }]
}

/** Takes out those whose deadline has come. */
export function expire<T>(queue: WaitQueue<T>, nowMs: number): { queue: WaitQueue<T>; expired: T[] } {
  const first = queue.findIndex(({ untilMs }) => untilMs > nowMs)
  const count = first === -1 ? queue.length : first
  return { queue: queue.slice(count), expired: queue.slice(0, count).map(({ item }) => item) }
}
