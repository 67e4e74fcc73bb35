/**
 * Work that is done one at a time. One that is under way may have looked before the last thing came: who asks meanwhile is
 * answered by the next one, which all who do share. A failure is told to those whose run it was.
 */
export function sharedRuns(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  let next: Promise<void> | undefined

  return function run(): Promise<void> {
    if (running) {
      const again = () => {
        next = undefined
        return run()
      }
      next ??= running.then(again, again)
      return next
    }
    running = work().finally(() => {
      running = undefined
    })
    return running
  }
}
