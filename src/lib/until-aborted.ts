/**
 * The pieces of `source`, until `signal` is aborted: then it throws the signal's reason at once, even if the source is
 * stuck and never answers again. Without this, a `for await` notices an abort only when the next piece arrives.
 */
export async function* untilAborted<T>(
  source: AsyncIterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T> {
  if (!signal) {
    yield* source
    return
  }
  signal.throwIfAborted()
  // One promise per piece: racing each against one lasting promise would leave a reaction on that for every piece.
  let interrupt: (reason: unknown) => void = () => {}
  const onAbort = (): void => interrupt(signal.reason)
  signal.addEventListener('abort', onAbort)
  const iterator = source[Symbol.asyncIterator]()
  const next = (): Promise<IteratorResult<T>> =>
    new Promise((resolve, reject) => {
      interrupt = reject
      if (signal.aborted) reject(signal.reason)
      else iterator.next().then(resolve, reject)
    })
  let isDone = false
  try {
    for (;;) {
      const step = await next()
      isDone = step.done === true
      if (step.done) return
      yield step.value
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    if (!isDone) {
      const released = Promise.resolve(iterator.return?.())
      // A source that is stuck never confirms that it was let go; after an abort nobody is left to tell of its trouble.
      if (signal.aborted) released.catch(() => {})
      else await released
    }
  }
}
