/** What the queue holds at most. Memory does not grow with any of it; the disk does. */
export interface AsyncLimits {
  /** Events of one function that are not finished: what is past it is refused, so that a flood on one leaves room for others. */
  depthMaxPerFunction: number
  depthMax: number
  /** Tasks kept of one function: past it those that ended first are forgotten. What has not ended is never forgotten. */
  tasksMaxPerFunction: number
  /** Past it the oldest dead letter of the function is dropped, and the log says so. */
  deadLettersMaxPerFunction: number
}

export const asyncLimits: AsyncLimits = {
  depthMaxPerFunction: 100_000,
  depthMax: 1_000_000,
  tasksMaxPerFunction: 10_000,
  deadLettersMaxPerFunction: 1000,
}
