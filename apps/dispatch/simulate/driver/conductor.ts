/**
 * Carries errands out: so many at once, the rest in line. Of a rider's reports of position only the newest waits: an older one is of no
 * use any more. When the line is long, whoever makes errands is asked to hold back; nothing else is ever left out.
 */
import type { Action, Answer, Errand } from '../core/actions.ts'

export interface Conductor {
  put(errand: Errand): void
  /** Waiting, reports of positions aside. */
  readonly waiting: number
  readonly underway: number
  /** Reports that a newer one took the place of. */
  readonly leftOut: number
  /** Whether no more should be put now. */
  isFull(): boolean
  /** When nothing waits or is under way any more. */
  idle(): Promise<void>
}

/** Of those under way, reports of positions are so many at the most, so that everything else goes on beside them. */
const shareOfReports = 0.5

export function createConductor(options: {
  perform(action: Action): Promise<Answer>
  concurrency: number
  /** So many in line are too many. */
  fullAt: number
  /** An error that `perform` should not have: the run cannot be believed any more. */
  failed(error: unknown): void
}): Conductor {
  const { concurrency } = options
  const mostReports = Math.max(1, Math.floor(concurrency * shareOfReports))
  const line: Errand[] = []
  let head = 0
  const reports = new Map<string, Errand>()
  const reporting = new Set<string>()
  let [underway, leftOut] = [0, 0]
  let idlers: (() => void)[] = []

  const waiting = (): number => line.length - head

  async function run(errand: Errand): Promise<void> {
    underway++
    try {
      errand.answered(await options.perform(errand.action))
    } catch (error) {
      options.failed(error)
    }
    underway--
    next()
  }

  async function report(riderId: string, errand: Errand): Promise<void> {
    reports.delete(riderId)
    reporting.add(riderId)
    await run(errand)
    reporting.delete(riderId)
    next()
  }

  function next(): void {
    while (underway < concurrency && waiting() > 0) {
      const errand = line[head]!
      head++
      // So that the array does not grow for ever; halving it keeps this cheap.
      if (head > 1024 && head * 2 > line.length) {
        line.splice(0, head)
        head = 0
      }
      void run(errand)
    }
    for (const [riderId, errand] of reports) {
      if (underway >= concurrency || reporting.size >= mostReports) break
      if (!reporting.has(riderId)) void report(riderId, errand)
    }
    if (underway === 0 && waiting() === 0 && reports.size === 0) {
      for (const idler of idlers.splice(0)) idler()
      idlers = []
    }
  }

  return {
    put(errand) {
      if (errand.action.kind === 'position') {
        const { id } = errand.action.who
        const older = reports.get(id)
        if (older) {
          leftOut++
          older.answered({ kind: 'lost' })
        }
        reports.set(id, errand)
      } else line.push(errand)
      next()
    },
    get waiting() {
      return waiting()
    },
    get underway() {
      return underway
    },
    get leftOut() {
      return leftOut
    },
    isFull: () => waiting() >= options.fullAt,
    idle: () =>
      underway === 0 && waiting() === 0 && reports.size === 0
        ? Promise.resolve()
        : new Promise((resolve) => idlers.push(resolve)),
  }
}
