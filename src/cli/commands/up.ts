/** `hanshu up`: the flags are the settings of the platform, so the help is printed from their one schema. */
import { join } from 'node:path'
import { installationDir, loadConfig } from '../../config/config.ts'
import { nodeFlags } from '../../config/node-flags.ts'
import { chooseSandbox } from '../../config/sandbox-choice.ts'
import { enterCommand, needsPrivateNamespace } from '../../lib/private-namespace.ts'
import type { Arguments, Command, Flag } from '../command.ts'
import { UsageError } from '../errors.ts'
import { type Setting, settings } from '../settings.ts'

export const up: Command = {
  summary: 'Start the platform in the foreground; Ctrl-C or SIGTERM stops it cleanly',
  usage: 'up [FLAGS]',
  details:
    'Every flag is also a variable of the environment: --fc-port is HANSHU_FC_PORT. A flag wins.\n' +
    'When all listeners accept, <data>/ready.json (mode 0600) has endpoints and access key; the other commands\nread it.',
  examples: [
    'hanshu up',
    'hanshu up --data /var/lib/hanshu --host 0.0.0.0',
    'hanshu up --data /disk1/hanshu --data /disk2/hanshu --replicas 2',
    'hanshu up --data "$(mktemp -d)" --ports auto --ready-file /tmp/ready.json',
    'hanshu up --ephemeral --sandbox process',
  ],
  positionals: { min: 0, max: 0 },
  flags: async () => Object.fromEntries(settings().map((setting) => [setting.flag, flagOf(setting)])),

  async run(args, terminal) {
    const environment = { ...terminal.environment, ...variablesOf(args) }
    // Said here, in the words of someone who typed flags, and not by a platform that dies at its start.
    try {
      loadConfig(environment)
    } catch (error) {
      throw new UsageError(nameFlags((error as Error).message))
    }
    const program = [process.execPath, ...nodeFlags, join(installationDir, 'src/main.ts')]
    // The platform would start itself once more, inside; so it is spared one of two starts of Node.js.
    const isInside = (await chooseSandbox(environment)) !== 'oci' || !needsPrivateNamespace()
    const { argv, env } = isInside ? { argv: program, env: {} } : enterCommand(program)
    return terminal.become({ file: argv[0]!, args: argv.slice(1), environment: { ...environment, ...env } })
  },
}

export function variablesOf(args: Arguments): Record<string, string> {
  const variables: Record<string, string> = {}
  for (const { flag, variable, delimiter } of settings()) {
    const value = args.flags[flag]
    if (value !== undefined)
      variables[variable] = Array.isArray(value) ? value.join(delimiter) : String(value)
  }
  return variables
}

function flagOf({ isSwitch, value, help, standard, delimiter }: Setting): Flag {
  if (isSwitch) return { help }
  const repeatable = delimiter === undefined ? {} : { repeatable: true }
  return { ...repeatable, value, help: standard === undefined ? help : `${help} Default: ${standard}.` }
}

function nameFlags(message: string): string {
  let named = message
  for (const { variable, flag } of settings()) named = named.replaceAll(variable, `--${flag} (${variable})`)
  return named
}
