import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { matchesWildcard } from './wildcard.ts'

/** The same in the words of regular expressions: slow on some patterns, plainly right on short ones. */
function reference(pattern: string, text: string): boolean {
  const source = Array.from(pattern, (character) =>
    character === '*' ? '.*' : character === '?' ? '.' : character.replace(/[.:/]/, '\\$&'),
  ).join('')
  return new RegExp(`^${source}$`, 'su').test(text)
}

const fewLetters = (alphabet: string) =>
  fc.array(fc.constantFrom(...Array.from(alphabet)), { maxLength: 8 }).map((letters) => letters.join(''))

describe('a wildcard', () => {
  it('means what a regular expression of the same form means', () => {
    fc.assert(
      fc.property(fewLetters('ab*?😀'), fewLetters('ab*?😀'), (pattern, text) => {
        assert.equal(matchesWildcard(pattern, text), reference(pattern, text))
      }),
      { numRuns: 2000 },
    )
  })

  it('without wildcards matches itself and nothing else', () => {
    fc.assert(
      fc.property(fewLetters('abc:/'), fewLetters('abc:/'), (pattern, text) => {
        assert.equal(matchesWildcard(pattern, text), pattern === text)
      }),
    )
  })

  it('takes no more than length × length steps where backtracking would take for ever', () => {
    assert.equal(matchesWildcard(`${'*a'.repeat(1000)}b`, 'a'.repeat(4000)), false)
    assert.equal(matchesWildcard(`${'*a'.repeat(1000)}*`, 'a'.repeat(4000)), true)
  })
})
