/**
 * Words as FTS5 has them. Its tokenizer `ascii` takes every character beyond ASCII, and letters and digits, for a part of
 * a word, and makes capitals small; all other characters of ours are moved to where it leaves them alone.
 */
import type { Phrase } from '../../ports/search-index.ts'

export const textTable = (field: number): string => `words${field}`

/** Private to us: characters that are none of any language. */
const MOVED = 0xf0000

const moved = (word: string): string =>
  word.replace(/[\0-/:-`{-\x7f]/g, (character) => String.fromCodePoint(MOVED + character.charCodeAt(0)))

export const wordsColumn = (words: readonly string[]): string => words.map(moved).join(' ')

/** `between`: whether all phrases are wanted or any. */
export const matching = (phrases: readonly Phrase[], between: 'AND' | 'OR'): string =>
  phrases
    .map(({ words, isPrefix }) => `"${words.map(moved).join(' ')}"${isPrefix ? '*' : ''}`)
    .join(` ${between} `)
