/** Finds the command that was typed, reads its flags, runs it, and words what went wrong. */
import { readArguments } from './arguments.ts'
import type { Command } from './command.ts'
import { type CommandEntry, commands } from './commands/index.ts'
import { CommandFailed, UsageError } from './errors.ts'
import { flagsOf, helpOf, overview } from './help.ts'
import { didYouMean } from './suggest.ts'
import type { Terminal } from './terminal.ts'

export async function run(words: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await dispatch(words, terminal)
  } catch (error) {
    if (terminal.signal.aborted) return 130
    if (error instanceof UsageError) {
      terminal.note(error.message)
      return 2
    }
    if (error instanceof CommandFailed) {
      terminal.note(error.message)
      return 1
    }
    throw error
  }
}

async function dispatch(words: readonly string[], terminal: Terminal): Promise<number> {
  const [first] = words
  if (first === undefined || first === '--help' || first === '-h') {
    terminal.print(overview(commands))
    return first === undefined ? 2 : 0
  }
  if (first === '--version' || first === '-v') return dispatch(['version'], terminal)
  if (first === 'help') {
    if (words.length === 1 || words[1]!.startsWith('-')) return dispatch(['--help'], terminal)
    const { name, entry } = find(words.slice(1))
    if (!entry) return listGroup(name, terminal)
    terminal.print(await helpOf(await entry.load()))
    return 0
  }

  const { name, entry, rest } = find(words)
  if (!entry) {
    listGroup(name, terminal)
    return rest.includes('--help') || rest.includes('-h') ? 0 : 2
  }
  const command = await entry.load()
  const args = readArguments(rest, await flagsOf(command))
  if (args.flags.help === true) {
    terminal.print(await helpOf(command))
    return 0
  }
  checkPositionals(name, command, args.positionals.length)
  return command.run(args, terminal)
}

/** `function list` before `function`: the longest name wins. Without `entry`: a group such as `function`. */
function find(words: readonly string[]): { name: string; entry?: CommandEntry; rest: string[] } {
  const [first = '', second = ''] = words
  const pair = `${first} ${second}`
  if (commands[pair]) return { name: pair, entry: commands[pair], rest: words.slice(2) }
  if (commands[first]) return { name: first, entry: commands[first], rest: words.slice(1) }
  const group = Object.keys(commands).filter((name) => name.startsWith(`${first} `))
  if (group.length > 0) {
    if (second === '' || second.startsWith('-')) return { name: first, rest: words.slice(1) }
    const verbs = group.map((name) => name.slice(first.length + 1))
    throw new UsageError(
      `There is no command ${pair}.${didYouMean(second, verbs, `hanshu ${first} `)} It knows: ${verbs.join(', ')}.`,
    )
  }
  const names = new Set(Object.keys(commands).flatMap((name) => [name, name.split(' ')[0]!]))
  throw new UsageError(
    `There is no command ${first}.${didYouMean(first, names, 'hanshu ')} hanshu help lists the commands.`,
  )
}

function listGroup(group: string, terminal: Terminal): number {
  for (const [name, { summary }] of Object.entries(commands)) {
    if (name.startsWith(`${group} `)) terminal.print(`hanshu ${name}: ${summary}`)
  }
  return 0
}

function checkPositionals(name: string, command: Command, given: number): void {
  const { min, max } = command.positionals
  if (given >= min && given <= max) return
  const problem = given < min ? 'Something is missing' : 'That is one word too many'
  throw new UsageError(`${problem}.\n\nUsage: hanshu ${command.usage}\n\nhanshu ${name} --help says more.`)
}
