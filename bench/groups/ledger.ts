/**
 * What the ledger adds to an invocation: the entry that is written before the caller is answered, and its way into the
 * sums. With the stores that a platform has, in this process, without anything else of a call.
 */
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { ledger as openLedger } from '../../src/compute/metering/ledger.ts'
import { journalMeter, type Meter, noMeter } from '../../src/compute/metering/meter.ts'
import { fileJournal } from '../../src/drivers/embedded/journal.ts'
import { sqliteRecordStore } from '../../src/drivers/embedded/records.ts'
import { sqliteStreamStore } from '../../src/drivers/embedded/streams.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { randomIds } from '../../src/lib/ids.ts'
import { silentLogger } from '../../src/lib/logger.ts'
import type { FunctionRevision } from '../../src/ports/invocation.ts'
import type { Group, Row } from '../lib/row.ts'
import { median, p99, show } from '../lib/statistics.ts'

/** In a burst, so many of them in a round: a warm function on one core answers about as many a second. */
const burst = 250
const burstsPerRound = 40
const everyMs = 25

interface Round {
  entryUs: number[]
  /** Of the thread that serves calls. */
  frontUs: number
  /** Of the others: those that write databases, deflate and sync. */
  restUs: number
}

export const ledger: Group = {
  name: 'ledger',
  title: 'Ledger (with it, less the same without it)',

  async run(bench) {
    const records = await sqliteRecordStore({ file: join(bench.folder, 'ledger-records.db') })
    const streams = await sqliteStreamStore({ file: join(bench.folder, 'ledger-streams.db') })
    const around = { clock: systemClock, log: silentLogger }
    const journal = await fileJournal({ dir: join(bench.folder, 'ledger-journal'), ...around })
    const book = await openLedger({ journal, records, streams, ...around, entriesBytesMax: 256 * 1_048_576 })
    const meter = journalMeter({ journal, ...around, noted: book.noted })
    bench.own(async () => {
      meter.close()
      await book.close()
      for (const store of [journal, records, streams]) await store.close()
    })
    const contestants = [
      { what: 'without', meter: noMeter, settle: async () => {} },
      { what: 'with', meter, settle: book.settle },
    ]
    const rounds = new Map<string, Round[]>(contestants.map(({ what }) => [what, []]))
    for (const round of bench.rounds({
      count: bench.quick ? 3 : 9,
      withinMs: bench.quick ? 15_000 : 45_000,
    })) {
      for (const { what, meter: its, settle } of contestants) {
        const measured = await takeRound(its, settle)
        // In the first round compilers are at work.
        if (round > 0) rounds.get(what)!.push(measured)
      }
    }
    return [rowOf(rounds)]
  },
}

async function takeRound(meter: Meter, settle: () => Promise<void>): Promise<Round> {
  const entryUs: number[] = []
  const before = process.cpuUsage()
  const frontBefore = process.threadCpuUsage()
  for (let n = 0; n < burstsPerRound; n++) {
    for (let call = 0; call < burst; call++) {
      const invocation = {
        revision,
        qualifier: 'LATEST',
        instanceId: 'c-6b0b2c33-68651841-994d86db12c0',
        requestId: randomIds.requestId(systemClock.now()),
        retryCount: 0,
        kind: 'onDemand',
        outcome: 'succeeded',
        billedMs: 1,
        activeMs: 1,
      } as const
      const startedMs = performance.now()
      meter.invoked(invocation)
      entryUs.push((performance.now() - startedMs) * 1000)
    }
    await pause(everyMs)
  }
  await settle()
  const each = ({ user, system }: NodeJS.CpuUsage) => (user + system) / (burst * burstsPerRound)
  const frontUs = each(process.threadCpuUsage(frontBefore))
  return { entryUs, frontUs, restUs: each(process.cpuUsage(before)) - frontUs }
}

function rowOf(rounds: Map<string, Round[]>): Row {
  const entries = rounds.get('with')!.flatMap(({ entryUs }) => entryUs)
  const added = (pick: (round: Round) => number) =>
    (median(rounds.get('with')!.map(pick)) ?? 0) - (median(rounds.get('without')!.map(pick)) ?? 0)
  const frontUs = added((round) => round.frontUs)
  const restUs = added((round) => round.restUs)
  return {
    what: 'ledger overhead per invocation: time before the answer; CPU with its way into the sums',
    median: show(median(entries), 'µs'),
    p99: show(p99(entries), 'µs'),
    cpu: `${show(frontUs + restUs)} (${show(frontUs)} + ${show(restUs)})`,
  }
}

const revision = {
  accountId: '1234567890123456',
  region: 'cn-hangzhou',
  functionName: 'hello',
  versionId: 'LATEST',
  memoryMb: 512,
  cpu: 0.35,
  diskMb: 512,
} as FunctionRevision
