/** Paths with parameters in them: `/users/[userId]/orders`, or with everything below: `/files/*`. */
import { invalid } from '../errors.ts'

const SEGMENTS_MAX = 64
const PARAMETER = /\[([^[\]]*)\]/g

/** Throws `Invalid…`. */
export function checkPathTemplate(wire: string, path: string): void {
  if (!path.startsWith('/') || /[\s\0-\x1f\x7f?#\\]/.test(path) || !path.isWellFormed())
    throw invalid(wire, `'${path}' is no path.`)
  const segments = path.split('/').slice(1)
  if (segments.length > SEGMENTS_MAX) throw invalid(wire, `'${path}' has more than ${SEGMENTS_MAX} parts.`)
  const names = parametersIn(path)
  if (new Set(names).size < names.length) throw invalid(wire, `'${path}' has a parameter twice.`)
  segments.forEach((segment, at) => {
    if (segment === '*' && at === segments.length - 1) return
    const isWhole = /^\[[^[\]/]{1,200}\]$/.test(segment)
    if (!isWhole && /[[\]*]/.test(segment))
      throw invalid(wire, `In '${path}' a parameter is a whole part of the path, and * its last one.`)
  })
}

export const parametersIn = (path: string): string[] =>
  [...path.matchAll(PARAMETER)].map((match) => match[1]!)

/** Two paths that no request could tell apart have the same shape. */
export const shapeOf = (path: string): string => path.replaceAll(PARAMETER, '[]')

/** The path with the values in place of their names; `rest` in place of `*`. Values are encoded. */
export function filledPath(
  path: string,
  valueNamed: (name: string) => string | undefined,
  rest: string,
): string {
  const filled = path.replaceAll(PARAMETER, (_, name: string) =>
    encodeURIComponent((valueNamed(name) ?? '').toWellFormed()),
  )
  return filled.endsWith('/*') ? filled.slice(0, -1) + rest : filled
}
