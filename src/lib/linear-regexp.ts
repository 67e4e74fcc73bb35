/**
 * Regular expressions that users of the platform write: matched in time linear in the text (RE2's engine), since one that
 * backtracks can hold a processor for ever. No look-around, no back references.
 */
import { RE2JS } from 're2js'

export interface LinearMatch {
  start: number
  end: number
  /** 0: all of the match. Empty for a group that took no part, or that there is not. */
  group(index: number): string
}

/** Compiled once per expression. */
const compiled = new Map<string, RE2JS>()
const compiledMax = 1000

function compile(source: string): RE2JS {
  const known = compiled.get(source)
  if (known) return known
  const pattern = RE2JS.compile(source)
  if (compiled.size >= compiledMax) compiled.clear()
  compiled.set(source, pattern)
  return pattern
}

/** The first match in `text`. Throws for a source of which `linearRegExpProblem` says that it is none. */
export function linearMatch(source: string, text: string): LinearMatch | undefined {
  const matcher = compile(source).matcher(text)
  if (!matcher.find()) return undefined
  return {
    start: matcher.start(),
    end: matcher.end(),
    group: (index) => (index <= matcher.groupCount() ? (matcher.group(index) ?? '') : ''),
  }
}

/** Why `source` is no regular expression, or undefined. */
export function linearRegExpProblem(source: string): string | undefined {
  try {
    compile(source)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
