import type { Config } from '../config/config.ts'
import type { Logger } from '../lib/logger.ts'

/** What a start is given. */
export interface Starting {
  config: Config
  sandboxKind: 'oci' | 'process'
  startedMs: number
  log: Logger
  /** What undoes each step, in order; run backwards. */
  closing: (() => Promise<void> | void)[]
}
