/**
 * Does `task` for every item, at most `atOnce` at a time, and no item is asked for before there is room. The first failure
 * ends it: it is thrown once all that had begun are over, so that nothing of it goes on behind its caller's back.
 */
export async function inParallel<Item>(
  items: AsyncIterable<Item> | Iterable<Item>,
  atOnce: number,
  task: (item: Item) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>()
  let failure: { error: unknown } | undefined
  try {
    for await (const item of items) {
      const run: Promise<void> = task(item).then(
        () => void running.delete(run),
        (error: unknown) => {
          running.delete(run)
          failure ??= { error }
        },
      )
      running.add(run)
      if (running.size >= atOnce) await Promise.race(running)
      if (failure) break
    }
  } catch (error) {
    failure ??= { error }
  }
  await Promise.all(running)
  if (failure) throw failure.error
}
