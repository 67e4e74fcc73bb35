import { createHash } from 'node:crypto'
import { preconditionFailed } from './errors.ts'

/** Names one state of a resource: two answers with the same content have the same tag. */
export const etagOf = (document: unknown): string =>
  createHash('md5').update(JSON.stringify(document)).digest('hex')

/** `If-Match` of an update or a deletion. Clients send the tag with or without quotes. Throws `PreconditionFailed`. */
export function checkIfMatch(ifMatch: string | undefined, document: unknown): void {
  if (ifMatch === undefined || ifMatch === '' || ifMatch === '*') return
  const wanted = ifMatch.split(',').map((tag) => tag.trim().replace(/^W\//, '').replaceAll('"', ''))
  if (!wanted.includes(etagOf(document))) throw preconditionFailed()
}
