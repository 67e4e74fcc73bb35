/**
 * Server-Sent Events out of the pieces in which they come (HTML standard, 9.2.6). A parser of our own instead of the
 * browser's EventSource, which neither says why a stream ended nor takes up a stream again that was refused once.
 */

export interface ServerEvent {
  event: string
  data: string
  /** Of the newest event that had one. */
  lastEventId: string
}

/** A line that is longer is not of our server; what came so far is dropped and an error thrown. */
const LINE_CHARS_MAX = 1_000_000

/** Answers a function that takes the next piece and gives the events that are whole by now. */
export function eventStreamParser(firstEventId = ''): (piece: string) => ServerEvent[] {
  let rest = ''
  let event = ''
  let data: string[] = []
  let lastEventId = firstEventId
  let isFirst = true

  function line(text: string, events: ServerEvent[]): void {
    if (text === '') {
      if (data.length > 0) events.push({ event: event || 'message', data: data.join('\n'), lastEventId })
      event = ''
      data = []
      return
    }
    const colon = text.indexOf(':')
    if (colon === 0) return
    const field = colon === -1 ? text : text.slice(0, colon)
    const value = colon === -1 ? '' : text.slice(colon + (text[colon + 1] === ' ' ? 2 : 1))
    if (field === 'event') event = value
    else if (field === 'data') data.push(value)
    else if (field === 'id' && !value.includes('\0')) lastEventId = value
  }

  return (piece) => {
    const events: ServerEvent[] = []
    rest += piece
    if (isFirst && rest !== '') {
      isFirst = false
      if (rest.startsWith('\uFEFF')) rest = rest.slice(1)
    }
    for (;;) {
      const end = rest.search(/[\r\n]/)
      // A carriage return at the very end may be half of one line end.
      if (end === -1 || (rest[end] === '\r' && end === rest.length - 1)) break
      line(rest.slice(0, end), events)
      rest = rest.slice(end + (rest.startsWith('\r\n', end) ? 2 : 1))
    }
    if (rest.length > LINE_CHARS_MAX) throw new Error('a line of the event stream does not end')
    return events
  }
}
