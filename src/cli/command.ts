import type { Terminal } from './terminal.ts'

/** One flag. A flag without a `value` is a switch. */
export interface Flag {
  /** What its value is called in the help: `--event TEXT`. */
  value?: string
  short?: string
  help: string
  repeatable?: boolean
}

export type Flags = Readonly<Record<string, Flag>>

export interface Arguments {
  positionals: string[]
  /** A switch is a boolean, a repeatable flag a list. */
  flags: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>
}

/** A command is a value: what it says about itself, and what it does. */
export interface Command {
  summary: string
  /** Without the leading `hanshu`. */
  usage: string
  /** Prose between usage and flags, where the summary does not say enough. */
  details?: string
  examples: readonly string[]
  positionals: { min: number; max: number }
  flags: Flags | (() => Promise<Flags>)
  /** Exit code: 0 done, 1 failed. Wrong usage is thrown. */
  run(args: Arguments, terminal: Terminal): Promise<number>
}

/** Flags of every command that speaks to the platform. */
export const platformFlags = {
  endpoint: { value: 'URL', help: 'Function Compute endpoint; default: that of the running platform.' },
  data: {
    value: 'DIR',
    help: 'Data folder of the platform to speak to; its ready.json has endpoint and key.',
  },
  region: { value: 'NAME', help: 'Region in resource names; default: that of the platform.' },
} as const satisfies Flags

export const outputFlag = {
  output: { value: 'text|json', help: 'How the answer is printed; default: text.' },
} as const satisfies Flags

export function text(args: Arguments, name: string): string | undefined {
  const value = args.flags[name]
  return typeof value === 'string' ? value : undefined
}

export const isSet = (args: Arguments, name: string): boolean => args.flags[name] === true
