import { StartFailure } from './live-instance.ts'
import { NotStarted } from './not-started.ts'

const retryDelayMs = { first: 1000, most: 60_000 }

/** How many instances of a pool are kept ready, and how their starts fare: after failures the next one is put off. */
export class Provisioned {
  count = 0
  /** They are not frozen. */
  awake = false
  /** Why the last start failed; undefined when it did not. */
  error: string | undefined
  #failures = 0
  #notBeforeMs = Number.NEGATIVE_INFINITY

  ask(count: number, awake: boolean): void {
    this.count = count
    this.awake = awake && count > 0
  }

  mayStart(nowMs: number): boolean {
    return nowMs >= this.#notBeforeMs
  }

  started(): void {
    this.error = undefined
    this.#failures = 0
    this.#notBeforeMs = Number.NEGATIVE_INFINITY
  }

  failed(error: Error, nowMs: number): void {
    this.error = reasonOf(error)
    this.#notBeforeMs = nowMs + Math.min(retryDelayMs.first * 2 ** this.#failures, retryDelayMs.most)
    this.#failures++
  }
}

/** In the words that a caller would be told. */
function reasonOf(error: Error): string {
  if (error instanceof NotStarted) return error.refusal.message
  if (!(error instanceof StartFailure)) return 'an instance could not be started'
  const { errorMessage } = JSON.parse(Buffer.from(error.body).toString()) as { errorMessage?: unknown }
  return typeof errorMessage === 'string' ? errorMessage : 'the function could not be initialized'
}
