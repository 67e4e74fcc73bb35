/**
 * What the words of a text are, and which of them a query asks for. Where the vendor looks words up in a dictionary
 * (`max_word`, `min_word`), each two characters of Chinese that stand side by side are a word, and the last one alone: so
 * any part of a text is found, and nothing else.
 */
import type { Phrase } from '../../../ports/search-index.ts'

export type Analyzer =
  | { is: 'single_word'; isCaseSensitive: boolean; splitsDigits: boolean }
  | { is: 'max_word' | 'min_word' }
  /** `delimiter`: ''  is white space. */
  | { is: 'split'; delimiter: string }
  /** Any part of the text, of so many characters at least and at most, is a word of the vendor's. */
  | { is: 'fuzzy'; least: number; most: number }

/** Between the values of an array: no phrase goes from one to the next. */
const GAP = '\0'

// Scripts that are written without spaces.
const DENSE = '[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}]'
const WORD = `(?:(?!${DENSE})[\\p{L}\\p{N}\\p{M}])+`
const ONE_BY_ONE = new RegExp(`${DENSE}|${WORD}`, 'gu')
const IN_RUNS = new RegExp(`${DENSE}+|${WORD}`, 'gu')
const isDense = new RegExp(`^${DENSE}`, 'u')
const DIGITS_OR_NOT = /\p{N}+|[^\p{N}]+/gu

export function wordsOfTexts(analyzer: Analyzer, texts: readonly string[]): string[] {
  return texts.flatMap((text, at) => (at === 0 ? wordsOf(analyzer, text) : [GAP, ...wordsOf(analyzer, text)]))
}

function wordsOf(analyzer: Analyzer, text: string): string[] {
  switch (analyzer.is) {
    case 'single_word': {
      const given = analyzer.isCaseSensitive ? text : text.toLowerCase()
      const words = given.match(ONE_BY_ONE) ?? []
      return analyzer.splitsDigits ? words.flatMap((word) => word.match(DIGITS_OR_NOT) ?? []) : words
    }
    case 'max_word':
    case 'min_word':
      return runsOf(text).flatMap((run) => (isDense.test(run) ? [...pairsOf(run), lastOf(run)] : [run]))
    case 'split': {
      const parts = text
        .toLowerCase()
        .split(analyzer.delimiter === '' ? /\s+/u : analyzer.delimiter.toLowerCase())
      return parts.filter((part) => part !== '' && part !== GAP)
    }
    case 'fuzzy':
      return charactersOf(text)
  }
}

/** The phrases of a match: each is one thing that may be there or not. */
export function matchedPhrases(analyzer: Analyzer, text: string): Phrase[] {
  switch (analyzer.is) {
    case 'single_word':
    case 'split':
      return [...new Set(wordsOf(analyzer, text))].map((word) => ({ words: [word] }))
    case 'max_word':
    case 'min_word':
      return [...new Set(runsOf(text))].map(phraseOfRun)
    case 'fuzzy':
      return wholePhrase(analyzer, text)
  }
}

/** The one phrase of a match of phrases; none when the text has no words. */
export function wholePhrase(analyzer: Analyzer, text: string): Phrase[] {
  const words = wordsOf(analyzer, text)
  if (words.length === 0) return []
  if (analyzer.is === 'fuzzy') return words.length < analyzer.least ? [] : [{ words }]
  if (analyzer.is !== 'max_word' && analyzer.is !== 'min_word') return [{ words }]
  const runs = runsOf(text)
  const last = phraseOfRun(runs.at(-1)!)
  const before = wordsOf(analyzer, runs.slice(0, -1).join(' '))
  return [{ ...last, words: [...before, ...last.words] }]
}

/** A run of Chinese as it stands within a longer one, or another word. */
function phraseOfRun(run: string): Phrase {
  if (!isDense.test(run)) return { words: [run] }
  const pairs = pairsOf(run)
  return pairs.length === 0 ? { words: [run], isPrefix: true } : { words: pairs }
}

const runsOf = (text: string): string[] => text.toLowerCase().match(IN_RUNS) ?? []

function pairsOf(run: string): string[] {
  const characters = [...run]
  return characters.slice(1).map((character, at) => characters[at]! + character)
}

const lastOf = (run: string): string => [...run].at(-1)!

const charactersOf = (text: string): string[] => [...text.toLowerCase()].filter((one) => one !== GAP)
