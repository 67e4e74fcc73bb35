import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Phrase } from '../../../ports/search-index.ts'
import { type Analyzer, matchedPhrases, wholePhrase, wordsOfTexts } from './analyzers.ts'

const singleWord: Analyzer = { is: 'single_word', isCaseSensitive: false, splitsDigits: false }
const pairs: Analyzer = { is: 'max_word' }
const fuzzy: Analyzer = { is: 'fuzzy', least: 1, most: 7 }
const words = (analyzer: Analyzer, ...texts: string[]): string[] => wordsOfTexts(analyzer, texts)

const stands = (all: readonly string[], { words: wanted, isPrefix }: Phrase): boolean =>
  all.some((_, start) =>
    wanted.every((word, at) =>
      isPrefix && at === wanted.length - 1 ? all[start + at]?.startsWith(word) : all[start + at] === word,
    ),
  )
const isFound = (analyzer: Analyzer, text: string, query: string): boolean =>
  wholePhrase(analyzer, query).some((phrase) => stands(words(analyzer, text), phrase))

describe('the words of a text', () => {
  it('are characters of Chinese and words of others for single_word', () => {
    assert.deepEqual(words(singleWord, '北京 Hello, iPhone6!'), ['北', '京', 'hello', 'iphone6'])
    assert.deepEqual(words({ ...singleWord, isCaseSensitive: true }, 'Hello'), ['Hello'])
    assert.deepEqual(words({ ...singleWord, splitsDigits: true }, 'iPhone6s'), ['iphone', '6', 's'])
  })

  it('are pairs of Chinese and the last character for max_word and min_word', () => {
    assert.deepEqual(words(pairs, '北京欢迎OK 你'), ['北京', '京欢', '欢迎', '迎', 'ok', '你'])
  })

  it('are what stands between delimiters for split, and characters for fuzzy', () => {
    assert.deepEqual(words({ is: 'split', delimiter: '-' }, 'Aa--b c-'), ['aa', 'b c'])
    assert.deepEqual(words({ is: 'split', delimiter: '' }, ' a  b '), ['a', 'b'])
    assert.deepEqual(words(fuzzy, 'A b'), ['a', ' ', 'b'])
  })

  it('do not run on from one value of an array to the next', () => {
    for (const analyzer of [singleWord, pairs, fuzzy]) {
      const all = wordsOfTexts(analyzer, ['土豆', '丝'])
      assert.ok(!wholePhrase(analyzer, '豆丝').some((phrase) => stands(all, phrase)))
    }
  })
})

describe('a phrase', () => {
  const chinese = fc.string({ unit: fc.constantFrom('土', '豆', '丝', '京'), minLength: 1, maxLength: 8 })

  it('of Chinese is found where it is part of the text, and nowhere else', () => {
    for (const analyzer of [singleWord, pairs, fuzzy]) {
      fc.assert(
        fc.property(chinese, chinese, (text, query) =>
          assert.equal(isFound(analyzer, text, query), text.includes(query)),
        ),
      )
    }
  })

  it('may be of several kinds of words', () => {
    assert.ok(isFound(pairs, '我爱abc公司', '爱abc公'))
    assert.ok(!isFound(pairs, '我爱abc公司', '我abc'))
    assert.deepEqual(wholePhrase(pairs, ' ! '), [])
    assert.deepEqual(wholePhrase({ ...fuzzy, least: 2 }, 'a'), [])
  })

  it('is one for each run of Chinese or other word in a match', () => {
    assert.deepEqual(matchedPhrases(pairs, '土豆丝 京 ok OK'), [
      { words: ['土豆', '豆丝'] },
      { words: ['京'], isPrefix: true },
      { words: ['ok'] },
    ])
    assert.deepEqual(matchedPhrases(singleWord, '土豆'), [{ words: ['土'] }, { words: ['豆'] }])
  })
})
