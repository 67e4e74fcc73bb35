/** Path and query of a request, taken apart for the event of a built-in runtime. */
export interface Target {
  /** Percent-encoded, as received. */
  rawPath: string
  /** Decoded. */
  path: string
  /** Decoded; the values of a repeated parameter joined by a comma. */
  queryParameters: Record<string, string>
}

export function parseTarget(target: string): Target {
  const questionMark = target.indexOf('?')
  const rawPath = asciiOnly(questionMark < 0 ? target : target.slice(0, questionMark))
  return {
    rawPath,
    path: decoded(rawPath),
    queryParameters: questionMark < 0 ? {} : parseQuery(target.slice(questionMark + 1)),
  }
}

function parseQuery(query: string): Record<string, string> {
  const parameters: Record<string, string> = Object.create(null)
  let start = 0
  while (start <= query.length) {
    const ampersand = query.indexOf('&', start)
    const end = ampersand < 0 ? query.length : ampersand
    if (end > start) {
      const item = query.slice(start, end)
      const equals = item.indexOf('=')
      const name = fromForm(equals < 0 ? item : item.slice(0, equals))
      const value = equals < 0 ? '' : fromForm(item.slice(equals + 1))
      const before = parameters[name]
      parameters[name] = before === undefined ? value : `${before},${value}`
    }
    start = end + 1
  }
  return parameters
}

const fromForm = (text: string): string => decoded(text.includes('+') ? text.replaceAll('+', ' ') : text)

/** What is not percent-encoded UTF-8 is replaced, never refused: the function may still want to answer. */
function decoded(text: string): string {
  if (!/[%\x80-\xff]/.test(text)) return text
  try {
    // Raw bytes beyond ASCII are characters of their own here, and not yet text.
    if (!/[\x80-\xff]/.test(text)) return decodeURIComponent(text)
  } catch {
    // Not well encoded: byte by byte, then.
  }
  const bytes = text.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
  return Buffer.from(bytes, 'latin1').toString('utf8')
}

/** Some clients put UTF-8 into a path as it is. */
const asciiOnly = (rawPath: string): string =>
  /[\x80-\xff]/.test(rawPath)
    ? rawPath.replace(
        /[\x80-\xff]/g,
        (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
      )
    : rawPath
