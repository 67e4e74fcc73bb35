/** Headers of answers: alternating names and values, as `ServerResponse.writeHead` takes them. */

/** The platform's own: a function that sets one is not heard, as with the vendor. */
const notTaken = new Set([
  'connection',
  'content-length',
  'date',
  'keep-alive',
  'server',
  'upgrade',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
])

const takenNamesMax = 1024
const takenNames = new Map<string, boolean>()

/** Whether the client gets this header of a function's answer. */
export function isTaken(name: string): boolean {
  const known = takenNames.get(name)
  if (known !== undefined) return known
  const lower = name.toLowerCase()
  const taken = !notTaken.has(lower) && !lower.startsWith('x-fc-')
  if (takenNames.size < takenNamesMax) takenNames.set(name, taken)
  return taken
}

export const isCorsHeader = (name: string): boolean => /^access-control-/i.test(name)

export function hasHeader(headers: readonly string[], lowerName: string): boolean {
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index]!
    if (name.length === lowerName.length && name.toLowerCase() === lowerName) return true
  }
  return false
}

/** Browsers shall keep what comes from the endpoint of the APIs as a file, as with the vendor; custom domains are for pages. */
export function asAttachment(headers: string[]): void {
  for (let index = headers.length - 2; index >= 0; index -= 2) {
    if (headers[index]!.toLowerCase() === 'content-disposition') headers.splice(index, 2)
  }
  headers.push('Content-Disposition', 'attachment')
}

/** The vendor's limit on the headers of a response. */
export const responseHeaderBytesMax = 8 * 1024
