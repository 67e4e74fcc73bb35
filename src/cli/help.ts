/** Prints what commands say about themselves. */
import { withHelp } from './arguments.ts'
import type { Command, Flags } from './command.ts'

export function overview(commands: Readonly<Record<string, { summary: string }>>): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length))
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`)
  return [
    'hanshu: Function Compute that you own.',
    '',
    'Usage: hanshu COMMAND [FLAGS]',
    '',
    'Commands:',
    ...lines,
    '',
    'Exit codes: 0 done, 1 failed, 2 typed wrongly.',
    'Keys come from HANSHU_ACCESS_KEY_ID and HANSHU_ACCESS_KEY_SECRET (or ALIBABA_CLOUD_ACCESS_KEY_ID and',
    '_SECRET), else from ready.json in the data folder of the platform that runs there.',
    '',
    'hanshu COMMAND --help says more, with examples.',
  ].join('\n')
}

export async function helpOf(command: Command): Promise<string> {
  const flags = withHelp(await flagsOf(command))
  const names = Object.entries(flags).map(([name, flag]) => ({
    left: `${flag.short ? `-${flag.short}, ` : ''}--${name}${flag.value === undefined ? '' : ` ${flag.value}`}`,
    help: flag.help,
  }))
  const width = Math.min(32, Math.max(...names.map(({ left }) => left.length)))
  return [
    `${command.summary}.`,
    '',
    `Usage: hanshu ${command.usage}`,
    ...(command.details ? ['', command.details] : []),
    '',
    'Flags:',
    ...names.flatMap(({ left, help }) => {
      const [first = '', ...rest] = wrap(help, 108 - width - 4)
      const indent = ' '.repeat(width + 4)
      const head =
        left.length > width ? [`  ${left}`, `${indent}${first}`] : [`  ${left.padEnd(width)}  ${first}`]
      return [...head, ...rest.map((line) => indent + line)]
    }),
    '',
    'Examples:',
    ...command.examples.map((example) => `  ${example}`),
  ].join('\n')
}

export const flagsOf = async (command: Command): Promise<Flags> =>
  typeof command.flags === 'function' ? await command.flags() : command.flags

function wrap(sentence: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of sentence.split(' ')) {
    if (line && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else {
      line = line ? `${line} ${word}` : word
    }
  }
  return [...lines, line]
}
