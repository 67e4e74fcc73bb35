/** What `redrive` and `purge` have in common: which letters, and what became of them. */
import { type Arguments, isSet } from '../../command.ts'
import { UsageError } from '../../errors.ts'
import { connect } from '../../platform.ts'
import type { Terminal } from '../../terminal.ts'

export const deadLettersPath = (functionName: string): string =>
  `/hanshu/functions/${encodeURIComponent(functionName)}/dead-letters`

export const allFlag = { all: { help: 'All of the function, instead of those named.' } } as const

/** Answers how many it was done to. */
export async function actOnLetters(
  args: Arguments,
  terminal: Terminal,
  { action, verb }: { action: string; verb: 'redrive' | 'purge' },
): Promise<number> {
  const [functionName = '', ...requestIds] = args.positionals
  if (isSet(args, 'all') === requestIds.length > 0)
    throw new UsageError('Say which: request ids as hanshu async dead-letters shows them, or --all.')
  const platform = await connect(args, terminal)
  const { count } = await platform.call<{ count: number }>({
    action,
    method: 'POST',
    path: `${deadLettersPath(functionName)}/${verb}`,
    body: requestIds.length > 0 ? { requestIds } : {},
  })
  return count
}
