import { type Arguments, text } from './command.ts'
import { UsageError } from './errors.ts'

/** A flag that is a whole number within its range; undefined where it was not given. */
export function numberFlag(
  args: Arguments,
  name: string,
  { min, max }: { min: number; max: number },
): number | undefined {
  const typed = text(args, name)
  if (typed === undefined) return undefined
  const number = /^\d{1,9}$/.test(typed) ? Number(typed) : Number.NaN
  if (!(number >= min && number <= max))
    throw new UsageError(`--${name} is a number from ${min} to ${max}, not ${typed}.`)
  return number
}
