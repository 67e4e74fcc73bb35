import { type BilledAttempts, billedAttempts } from '../compute/metering/billed-attempts.ts'
import { type Ledger, ledger as openLedger } from '../compute/metering/ledger.ts'
import { type JournalMeter, journalMeter } from '../compute/metering/meter.ts'
import type { Foundation } from './foundation.ts'
import type { Part } from './part.ts'

export interface MeteringPart extends Part {
  meter: JournalMeter
  ledger: Ledger
  /** For the asynchronous queue. */
  billed: BilledAttempts
}

export async function assembleMetering({
  config,
  stores,
  clock,
  log,
  closing,
}: Foundation): Promise<MeteringPart> {
  const { records, streams, meterJournal: journal } = stores
  const entriesBytesMax = config.HANSHU_LEDGER_MB * 1_048_576
  const billed = billedAttempts()
  const ledger = await openLedger({
    journal,
    records,
    streams,
    clock,
    log,
    entriesBytesMax,
    attempts: billed,
  })
  closing.push(() => ledger.close())
  const meter = journalMeter({ journal, clock, log, noted: ledger.noted, attempts: billed })
  closing.push(() => meter.close())
  return { meter, ledger, billed, sweep: () => ledger.sweep() }
}
