/** `hanshu up`: the flags are the settings of the platform, so the help is printed from their one schema. */
import { join } from 'node:path'
import { z } from 'zod'
import { configSchema, installationDir, loadConfig } from '../../config/config.ts'
import type { Arguments, Command, Flag } from '../command.ts'
import { UsageError } from '../errors.ts'

interface Setting {
  flag: string
  variable: string
  isSwitch: boolean
  help: string
  value: string
}

export const up: Command = {
  summary: 'Start the platform in the foreground; Ctrl-C or SIGTERM stops it cleanly',
  usage: 'up [FLAGS]',
  details:
    'Every flag is also a variable of the environment: --fc-port is HANSHU_FC_PORT. A flag wins.\n' +
    'When all listeners accept, <data>/ready.json (mode 0600) has endpoints and access key; the other commands\nread it.',
  examples: [
    'hanshu up',
    'hanshu up --data /var/lib/hanshu --host 0.0.0.0',
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
    return terminal.become({
      file: process.execPath,
      args: ['--disable-warning=ExperimentalWarning', join(installationDir, 'src/main.ts')],
      environment,
    })
  },
}

export function variablesOf(args: Arguments): Record<string, string> {
  const variables: Record<string, string> = {}
  for (const { flag, variable } of settings()) {
    const value = args.flags[flag]
    if (value !== undefined) variables[variable] = String(value)
  }
  return variables
}

function settings(): Setting[] {
  const { properties = {} } = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' })
  return Object.entries(properties).map(([variable, property]) => {
    const {
      description = '',
      enum: choices,
      default: standard,
      type,
    } = property as z.core.JSONSchema.JSONSchema
    const isSwitch = choices?.includes('true') === true && choices.includes('false')
    return {
      variable,
      flag: variable
        .replace(/^HANSHU_/, '')
        .toLowerCase()
        .replaceAll('_', '-'),
      isSwitch,
      value: choices ? choices.join('|') : type === 'string' ? 'TEXT' : 'N',
      help: standard === undefined || isSwitch ? description : `${description} Default: ${shown(standard)}.`,
    }
  })
}

const flagOf = ({ isSwitch, value, help }: Setting): Flag => (isSwitch ? { help } : { value, help })

/** The help is the same on every machine. */
const shown = (standard: unknown): string =>
  String(standard).startsWith(installationDir)
    ? `<where hanshu is>${String(standard).slice(installationDir.length)}`
    : String(standard)

function nameFlags(message: string): string {
  let named = message
  for (const { variable, flag } of settings()) named = named.replaceAll(variable, `--${flag} (${variable})`)
  return named
}
