/** The values of one action, by key and by what they may be. In the vendor's words, where they are known. */
import { invalidValue, missingArgument } from '../errors.ts'
import type { Action } from './process-text.ts'

export interface ActionReader {
  /** Undefined where it is not given. */
  text(key: string): string | undefined
  number(key: string, bounds: { min: number; max: number }): number | undefined
  oneOf<const Choice extends string>(key: string, choices: readonly Choice[]): Choice | undefined
  /** `#rrggbb` */
  color(key: string): string | undefined
  /** 0 or 1. */
  flag(key: string): boolean | undefined
  has(key: string): boolean
}

/** Refuses values with other keys. A value that has no key is asked for by `''`. */
export function readerOf({ name, values }: Action, keys: readonly string[]): ActionReader {
  const found = new Map<string, string>()
  for (const { key, value } of values) {
    // A value without a key is taken for the action's own, as the vendor does: `quality,image`.
    if (!keys.includes(key))
      throw key === '' ? invalidValue(value, name, 'Value must be digit') : invalidValue(value, key)
    found.set(key, value)
  }
  const called = (key: string): string => (key === '' ? name : key)
  return {
    has: (key) => found.has(key),
    text: (key) => found.get(key),
    number(key, { min, max }) {
      const text = found.get(key)
      if (text === undefined) return undefined
      if (!/^-?\d{1,9}$/.test(text)) throw invalidValue(text, called(key), 'Value must be digit')
      const number = Number(text)
      if (number < min || number > max) throw invalidValue(text, called(key))
      return number
    },
    oneOf(key, choices) {
      const text = found.get(key)
      if (text === undefined) return undefined
      const choice = choices.find((known) => known === text)
      if (choice === undefined) throw invalidValue(text, called(key))
      return choice
    },
    color(key) {
      const text = found.get(key)
      if (text === undefined) return undefined
      if (!/^[0-9A-Fa-f]{6}$/.test(text)) throw invalidValue(text, called(key))
      return `#${text.toLowerCase()}`
    },
    flag(key) {
      const number = this.number(key, { min: 0, max: 1 })
      return number === undefined ? undefined : number === 1
    },
  }
}

/** What an action cannot be without. */
export function required<T>(value: T | undefined, action: string, key: string): T {
  if (value === undefined) throw missingArgument(action, key)
  return value
}
