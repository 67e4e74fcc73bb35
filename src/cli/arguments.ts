/** Reads a command line by a command's own list of flags. What is wrong is said with what was probably meant. */
import { parseArgs } from 'node:util'
import type { Arguments, Flags } from './command.ts'
import { UsageError } from './errors.ts'
import { didYouMean } from './suggest.ts'

const helpFlag = { help: { short: 'h', help: 'Print this.' } } as const satisfies Flags

export const withHelp = (flags: Flags): Flags => ({ ...flags, ...helpFlag })

export function readArguments(words: readonly string[], flags: Flags): Arguments {
  const known = withHelp(flags)
  const { tokens } = parseArgs({
    args: [...words],
    options: Object.fromEntries(
      Object.entries(known).map(([name, flag]) => [
        name,
        {
          type: flag.value === undefined ? ('boolean' as const) : ('string' as const),
          ...(flag.short ? { short: flag.short } : {}),
        },
      ]),
    ),
    allowPositionals: true,
    strict: false,
    tokens: true,
  })

  const positionals: string[] = []
  const values: Record<string, string | boolean | (string | boolean)[]> = {}
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value)
    if (token.kind !== 'option') continue
    const negated = token.name.startsWith('no-') && known[token.name] === undefined
    const name = negated ? token.name.slice(3) : token.name
    const flag = known[name]
    if (!flag || (negated && flag.value !== undefined)) throw unknownFlag(token.rawName, known)
    if (flag.value !== undefined && (token.value === undefined || looksLikeFlag(token, known))) {
      throw new UsageError(`${token.rawName} needs a value: ${token.rawName} ${flag.value}`)
    }
    if (flag.value === undefined && token.value !== undefined) {
      throw new UsageError(`${token.rawName} takes no value.`)
    }
    const value = flag.value === undefined ? !negated : token.value!
    if (flag.repeatable) values[name] = [...((values[name] as (string | boolean)[] | undefined) ?? []), value]
    else values[name] = value
  }
  return { positionals, flags: values }
}

/** `--event --async`: the value was forgotten. A value that really begins so is written `--event=--async`. */
function looksLikeFlag(
  token: { value?: string | undefined; inlineValue?: boolean | undefined },
  known: Flags,
): boolean {
  return !token.inlineValue && !!token.value?.startsWith('--') && known[token.value.slice(2)] !== undefined
}

function unknownFlag(typed: string, known: Flags): UsageError {
  return new UsageError(
    `There is no flag ${typed}.${didYouMean(typed.replace(/^-+/, ''), Object.keys(known), '--')}`,
  )
}
