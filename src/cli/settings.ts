/** The settings of the platform as the command line and docs/configuration.md tell them, from their one schema. */
import { delimiter } from 'node:path'
import { z } from 'zod'
import { configSchema, installationDir } from '../config/config.ts'

export interface Setting {
  flag: string
  variable: string
  isSwitch: boolean
  /** What is between the values of a flag that may be given several times. */
  delimiter?: string
  /** What it is for. */
  help: string
  /** What its value is called: `N`. */
  value: string
  /** Undefined for a switch and where there is none. */
  standard: string | undefined
}

export function settings(): Setting[] {
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
      ...(variable === 'HANSHU_DATA' ? { delimiter } : {}),
      value: choices ? choices.join('|') : type === 'string' ? 'TEXT' : 'N',
      help: description,
      standard: standard === undefined || isSwitch ? undefined : shown(standard),
    }
  })
}

/** The same on every machine. */
const shown = (standard: unknown): string =>
  String(standard).startsWith(installationDir)
    ? `<where hanshu is>${String(standard).slice(installationDir.length)}`
    : String(standard)
