/**
 * True when the whole `text` is of the form of `pattern`: `*` stands for any number of characters, `?` for one.
 * Only the last `*` is ever tried again, so it takes at most length × length steps, whatever the pattern.
 */
export function matchesWildcard(pattern: string, text: string): boolean {
  let inPattern = 0
  let inText = 0
  let star = -1
  let resume = 0
  while (inText < text.length) {
    const wanted = pattern[inPattern]
    if (wanted === '*') {
      star = inPattern++
      resume = inText
    } else if (wanted === '?') {
      inPattern++
      inText += characterLength(text, inText)
    } else if (wanted !== undefined && wanted === text[inText]) {
      inPattern++
      inText++
    } else if (star >= 0) {
      inPattern = star + 1
      resume += characterLength(text, resume)
      inText = resume
    } else {
      return false
    }
  }
  while (pattern[inPattern] === '*') inPattern++
  return inPattern === pattern.length
}

/** Two units where a character lies beyond U+FFFF: for who writes a pattern it is one. */
const characterLength = (text: string, at: number): number => (text.codePointAt(at)! > 0xffff ? 2 : 1)
