export interface Pair<A, B> {
  name: string
  source: A | undefined
  target: B | undefined
}

/** What two sequences have under each name; both are in the order of their names' bytes, and so is the answer. */
export async function* mergeByName<A extends { name: string }, B extends { name: string }>(
  source: AsyncIterator<A>,
  target: AsyncIterator<B>,
): AsyncGenerator<Pair<A, B>> {
  let left = await source.next()
  let right = await target.next()
  while (!left.done || !right.done) {
    const order = left.done ? 1 : right.done ? -1 : compareNames(left.value.name, right.value.name)
    const name = (order <= 0 ? left.value : right.value).name
    yield {
      name,
      source: order <= 0 ? left.value : undefined,
      target: order >= 0 ? right.value : undefined,
    }
    if (order <= 0) left = await source.next()
    if (order >= 0) right = await target.next()
  }
}

export const compareNames = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))
