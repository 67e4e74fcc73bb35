import { type Arguments, text } from '../../command.ts'
import { UsageError } from '../../errors.ts'
import { connectObjects } from '../../objects/client.ts'
import { type Moving, PART_MEBIBYTES, partBytesOf } from '../../objects/moving.ts'
import type { Terminal } from '../../terminal.ts'
import { transferProgress } from '../../transfer-progress.ts'

const { standard, min, max } = PART_MEBIBYTES

export const partFlag = {
  'part-size': {
    value: 'MB',
    help: `Files of more than four parts are sent in parts of this size, four at a time; default: ${standard}.`,
  },
} as const

export async function beginMoving(args: Arguments, terminal: Terminal): Promise<Moving> {
  const typed = text(args, 'part-size') ?? String(standard)
  if (!/^\d{1,4}$/.test(typed) || Number(typed) < min || Number(typed) > max)
    throw new UsageError(`--part-size is a number of MB from ${min} to ${max}, not ${typed}.`)
  const storage = await connectObjects(args, terminal)
  return { storage, terminal, progress: transferProgress(terminal), partBytes: partBytesOf(Number(typed)) }
}
