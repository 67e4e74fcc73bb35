/**
 * Tokens: where a channel is read from. Clients look into them for one thing: a channel whose token has an iterator is of
 * a stream, and they read that with pauses. The end of a channel is a word.
 */

import { writePlainRows } from '../../../lib/plain-buffer/write.ts'
import { MalformedProtobuf } from '../../../lib/protobuf.ts'
import { parameterInvalid } from '../errors.ts'
import { checkPrimaryKey, encodeKey, keyCells } from '../key.ts'
import { token, tokenContent } from '../messages/tunnels.ts'
import { keyOfRequest } from '../plain-request.ts'
import { iteratorOf, parseIterator } from '../stream.ts'
import type { StreamSettings, TableRecord } from '../table.ts'

export const FINISHED = 'finished'

/** A key of four columns of a kilobyte, in base64, with what is around it. */
const TOKEN_CHARACTERS_MAX = 8192

/** Below the key of every row. */
const FIRST = Uint8Array.of(0)

/** Undefined: from the first row. */
export const baseToken = (next: Uint8Array | undefined, table: TableRecord): string =>
  tokenOf(
    next
      ? {
          primary_key: writePlainRows([
            { primaryKey: keyCells(next, table.primaryKey), attributes: [], deletesRow: false },
          ]),
        }
      : {},
  )

/** `timeNs`: of the last change before it. Undefined `from`: from the first change. */
export const streamToken = (
  stream: Pick<StreamSettings, 'id'>,
  from: Uint8Array | undefined,
  timeNs: bigint | undefined,
): string => tokenOf({ iterator: iteratorOf(stream, from), timestamp: timeNs })

const tokenOf = (content: Parameters<typeof tokenContent.encode>[0]): string =>
  token.encode({ version: 1n, content: tokenContent.encode(content) }).toString('base64')

/** The key of the next row. Throws for what is no token of rows of this table. */
export function placeInBase(text: string, table: TableRecord): Uint8Array {
  const { primary_key: key, iterator } = contentOf(text)
  if (iterator) throw invalid()
  if (!key || key.length === 0) return FIRST
  const cells = keyOfRequest(key)
  checkPrimaryKey(cells, table.primaryKey)
  return encodeKey(cells.map(({ value }) => value!))
}

export interface PlaceInStream {
  /** The key of the next change, or lower. */
  from: Uint8Array
  timeNs: bigint | undefined
}

/** Throws for what is no token of this stream. */
export function placeInStream(text: string, streamId: string): PlaceInStream {
  const { iterator, timestamp: timeNs } = contentOf(text)
  if (!iterator) throw invalid()
  const place = parseIterator(iterator)
  if (place.streamId !== streamId) throw invalid()
  return { from: place.from, timeNs }
}

function contentOf(text: string) {
  if (text.length > TOKEN_CHARACTERS_MAX || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) throw invalid()
  try {
    const { version, content } = token.decode(Buffer.from(text, 'base64'))
    if (version !== 1n && version !== 2n) throw invalid()
    return tokenContent.decode(content)
  } catch (error) {
    if (error instanceof MalformedProtobuf) throw invalid()
    throw error
  }
}

const invalid = () => parameterInvalid('The token is invalid.')
