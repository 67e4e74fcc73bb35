/** Table Store as a product: what `main/` gives to a listener. */
import type { Clock } from '../../lib/clock.ts'
import type { IdSource } from '../../lib/ids.ts'
import type { Logger } from '../../lib/logger.ts'
import type { RecordStore } from '../../ports/records.ts'
import type { RowRange, RowStore } from '../../ports/rows.ts'
import type { SearchIndexStore } from '../../ports/search-index.ts'
import type { AccessControl } from '../../wire/access.ts'
import { ApiError } from '../../wire/api-error.ts'
import { BodyCutOff, BodyTooLarge, MalformedBody } from '../../wire/body.ts'
import { NoSuchRoute, type Product, type RequestHead } from '../../wire/product-server.ts'
import { MalformedPath } from '../../wire/routes.ts'
import type { SecretLookup } from '../../wire/signatures/secret-lookup.ts'
import { type CallerFacts, tablesAuthentication } from './authentication.ts'
import { autoIncrement } from './auto-increment.ts'
import {
  parameterInvalid,
  requestBodyTooLarge,
  requestTimeout,
  serverBusy,
  tunnelServerUnavailable,
  unsupportedOperation,
} from './errors.ts'
import { type IndexFilling, indexFilling } from './fill-indexes.ts'
import { operations } from './operations/index.ts'
import { errorReply, type TablesContext, TUNNELS } from './product.ts'
import { rowLocks } from './row-locks.ts'
import { type SearchFollowing, searchFollowing } from './search/follow.ts'
import { openTransactions } from './transactions.ts'
import { tunnelClients } from './tunnels/clients.ts'
import { TUNNEL_PAGE } from './tunnels/read.ts'

export interface TablesProductOptions {
  records: RecordStore
  rows: RowStore
  searchIndexes: SearchIndexStore
  clock: Clock
  ids: IdSource
  lookup: SecretLookup
  access: Pick<AccessControl, 'mayDo'>
  region: string
  /** Told when a search index cannot follow. */
  log?: Logger
  /** What a channel of a tunnel answers at a time. */
  tunnelPage?: Pick<RowRange, 'limit' | 'bytesMax'>
}

export interface TablesProduct extends Product<TablesContext> {
  filling: IndexFilling
  searching: SearchFollowing
}

export function tablesProduct({
  records,
  rows,
  searchIndexes,
  clock,
  ids,
  lookup,
  log,
  access,
  region,
  tunnelPage = TUNNEL_PAGE,
}: TablesProductOptions): TablesProduct {
  const { authenticate, signerOf } = tablesAuthentication({ lookup, clock })
  const locks = rowLocks()
  const filling = indexFilling({ records, rows, locks })
  const transactions = openTransactions({ rows, clock, ids })
  const searching = searchFollowing({ records, rows, searchIndexes, clock, locks, transactions, log })
  const shared = {
    records,
    rows,
    clock,
    ids,
    access,
    region,
    locks,
    filling,
    autoIncrement: autoIncrement(clock),
    transactions,
    searchIndexes,
    searching,
    tunnelClients: tunnelClients({ clock, ids }),
    tunnelPage,
  }
  return {
    filling,
    searching,
    name: 'tables',
    operations,
    newRequestId: () => ids.uuid(),
    authenticate,
    contextFor: (call, { facts }) => ({
      ...call,
      ...(facts as CallerFacts),
      ...shared,
    }),
    renderError: (error, requestId, head) =>
      errorReply(asOts(error, head), {
        requestId,
        nowMs: clock.now(),
        rawPath: head.rawPath,
        signer: signerOf(head),
        asJson: head.headers['content-type']?.startsWith('application/json') ?? false,
      }),
    wordFailure,
    commonHeaders: () => ({}),
  }
}

function wordFailure(failure: unknown, { rawPath }: RequestHead): ApiError | undefined {
  if (failure instanceof NoSuchRoute || failure instanceof MalformedPath)
    return unsupportedOperation(rawPath.slice(1))
  if (failure instanceof MalformedBody) return parameterInvalid('Parse PBMessage from RawString failed.')
  if (failure instanceof BodyTooLarge) return requestBodyTooLarge()
  if (failure instanceof BodyCutOff) return requestTimeout()
  return undefined
}

/** What the wire layer itself refuses has names of its own. */
function asOts(error: ApiError, { rawPath }: RequestHead): ApiError {
  const isOurs = error.code === 'ServiceUnavailable' || error.code === 'InternalServerError'
  if (isOurs && rawPath.startsWith(`/${TUNNELS}`)) return tunnelServerUnavailable()
  if (error.code === 'ServiceUnavailable') return serverBusy()
  if (error.code === 'InternalServerError') return new ApiError('OTSInternalServerError', 500, error.message)
  return error
}
