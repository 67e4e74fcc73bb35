/** The words of the pages. English says which there are; every other language has to have them all. */
import type { Language } from './language.ts'
import { ENGLISH } from './text-en.ts'
import { CHINESE } from './text-zh.ts'

export type TextKey = keyof typeof ENGLISH

export interface Words {
  t(key: TextKey, given?: Readonly<Record<string, string | number>>): string
}

const TEXTS: Readonly<Record<Language, Readonly<Record<TextKey, string>>>> = { en: ENGLISH, zh: CHINESE }

export function textIn(language: Language): Words {
  const texts = TEXTS[language]
  return {
    // A word of the server that has none here, such as a state that is new, stands for itself.
    t: (key, given = {}) =>
      (texts[key] ?? key).replace(/\{(\w+)\}/g, (whole, name: string) => String(given[name] ?? whole)),
  }
}
