import { UsageError } from './errors.ts'
import type { Terminal } from './terminal.ts'

/** Asks before something is gone for good. Where nobody can be asked it takes `--force`; throws `UsageError`. */
export async function agreed(question: string, terminal: Terminal): Promise<boolean> {
  const answer = await terminal.ask(question)
  if (answer === undefined)
    throw new UsageError('Nobody can be asked here. If it is to be removed, say --force.')
  if (/^\s*y(es)?\s*$/i.test(answer)) return true
  terminal.note('Nothing was removed.')
  return false
}
