/** The vocabulary of Table Store operations. */
import { createHash } from 'node:crypto'
import type { Clock } from '../../lib/clock.ts'
import type { IdSource } from '../../lib/ids.ts'
import { MalformedProtobuf, type Message } from '../../lib/protobuf.ts'
import type { RecordStore } from '../../ports/records.ts'
import type { RowRange, RowStore } from '../../ports/rows.ts'
import type { SearchIndexStore } from '../../ports/search-index.ts'
import type { ApiError } from '../../wire/api-error.ts'
import { type BodyReader, bytes, MalformedBody } from '../../wire/body.ts'
import { type Call, type Operation, operationOf, type Reply } from '../../wire/operation.ts'
import { type OtsSigner, otsAuthorization } from '../../wire/signatures/ots.ts'
import { type AccessContext, authorize, authorizeTunnel } from './access.ts'
import type { AutoIncrement } from './auto-increment.ts'
import { tableNotReady } from './errors.ts'
import type { IndexFilling } from './fill-indexes.ts'
import { errorMessage } from './messages/common.ts'
import type { RowLocks } from './row-locks.ts'
import type { SearchFollowing } from './search/follow.ts'
import { TableChanged } from './table.ts'
import type { Transactions } from './transactions.ts'
import type { TunnelClients } from './tunnels/clients.ts'

/** What an operation may use. */
export interface TablesContext extends Call, AccessContext {
  signer: OtsSigner
  records: RecordStore
  rows: RowStore
  clock: Clock
  ids: IdSource
  locks: RowLocks
  autoIncrement: AutoIncrement
  transactions: Transactions
  filling: IndexFilling
  searchIndexes: SearchIndexStore
  searching: SearchFollowing
  tunnelClients: TunnelClients
  tunnelPage: Pick<RowRange, 'limit' | 'bytesMax'>
}

/** A batch of 4 MB of data in 200 rows of 1,024 columns, with what PlainBuffer puts around each. */
export const BODY_BYTES_MAX = 16 * 1024 * 1024

interface PlainOperation<Request, Response> {
  name: string
  request: Message<Request>
  response: Message<Response>
  /** Called by the thousand. */
  dataPlane?: boolean
  handle(request: Request, context: TablesContext): Promise<Response>
}

/** Names of all tables that a caller must be allowed the operation on; at least one. */
type TablesOf<Request> = (request: Request, context: TablesContext) => readonly string[]

/** Whoever names no `table_name`, which is what is asked about else, has to say which tables are meant. */
type TablesOperation<Request, Response> = PlainOperation<Request, Response> &
  (Request extends { table_name: string } ? { tables?: TablesOf<Request> } : { tables: TablesOf<Request> })

const anyOperation = operationOf<TablesContext>()

/** An operation is a message that is answered by another; where it is, is its name. */
export const operation = <Request, Response>({
  tables = tableNamed,
  ...plain
}: TablesOperation<Request, Response>): Operation<TablesContext> =>
  operationAt(plain.name, plain, (request, context) =>
    authorize(plain.name, tables(request, context), context),
  )

interface TunnelOperation<Request, Response> extends PlainOperation<Request, Response> {
  /** Behind `tunnel/`. */
  path: string
  /** What a caller must be allowed on the instance. */
  action: string
}

export const tunnelOperation = <Request, Response>({
  path,
  action,
  ...plain
}: TunnelOperation<Request, Response>): Operation<TablesContext> =>
  operationAt(`${TUNNELS}${path}`, plain, (_, context) => authorizeTunnel(action, context))

/** Where operations of tunnels are. */
export const TUNNELS = 'tunnel/'

function operationAt<Request, Response>(
  path: string,
  { name, request, response, dataPlane = false, handle }: PlainOperation<Request, Response>,
  check: (request: Request, context: TablesContext) => void,
): Operation<TablesContext> {
  return anyOperation({
    name,
    route: `POST /${path}`,
    dataPlane,
    body: protobuf(request),
    async handle({ body }, context) {
      check(body, context)
      const answer = dataPlane
        ? await handle(body, context)
        : await whileTableChanges(() => handle(body, context))
      const { requestId, clock, signer } = context
      return signedReply(200, response.encode(answer), {
        requestId,
        nowMs: clock.now(),
        rawPath: `/${path}`,
        signer,
      })
    },
  })
}

const tableNamed = (request: unknown): readonly string[] => [(request as { table_name: string }).table_name]

/** More than a table has indexes that become complete while an operation on it is under way. */
const attemptsMax = 25

/** What found the table's record changed meanwhile, by another caller or by an index that was filled, is done anew. */
async function whileTableChanges<T>(change: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await change()
    } catch (error) {
      if (!(error instanceof TableChanged)) throw error
      if (attempt >= attemptsMax) throw tableNotReady()
    }
  }
}

const protobuf = <T>(message: Message<T>): BodyReader<T> => ({
  collectBytesMax: BODY_BYTES_MAX,
  decode(collected) {
    try {
      return message.decode(collected)
    } catch (error) {
      if (error instanceof MalformedProtobuf) throw new MalformedBody(error.message)
      throw error
    }
  },
})

interface Answered {
  requestId: string
  nowMs: number
  rawPath: string
  /** Undefined: whoever called is not known, and the answer is not signed. */
  signer: OtsSigner | undefined
}

export function signedReply(
  status: number,
  body: Uint8Array,
  { requestId, nowMs, rawPath, signer }: Answered,
): Reply {
  const headers = {
    'x-ots-contentmd5': createHash('md5').update(body).digest('base64'),
    'x-ots-contenttype': 'protocol buffer',
    'x-ots-date': new Date(nowMs).toISOString(),
    'x-ots-requestid': requestId,
  }
  const authorization = signer && { authorization: otsAuthorization(headers, rawPath, signer) }
  return { status, headers: { ...headers, ...authorization }, body }
}

/** `asJson`: to one of the few operations that speak JSON. */
export function errorReply(
  { status, code, message }: ApiError,
  { asJson, ...answered }: Answered & { asJson: boolean },
): Reply {
  const error = { code, message }
  return signedReply(
    status,
    asJson ? Buffer.from(JSON.stringify(error)) : errorMessage.encode(error),
    answered,
  )
}

/** An operation that is not built reads its body, whatever it is, and refuses. */
export const anyBody = ({
  name,
  handle,
}: {
  name: string
  handle(): Promise<Reply>
}): Operation<TablesContext> =>
  anyOperation({ name, route: `POST /${name}`, body: bytes(BODY_BYTES_MAX), handle })
