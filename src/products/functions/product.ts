import type { ApiError } from '../../wire/api-error.ts'
import { BodyCutOff, BodyTooLarge, MalformedBody } from '../../wire/body.ts'
import { jsonReply, type Reply } from '../../wire/operation.ts'
import { type Caller, NoSuchRoute, type Product, type RequestHead } from '../../wire/product-server.ts'
import { MalformedPath } from '../../wire/routes.ts'
import { operations20160815 } from './api-2016-08-15/index.ts'
import { operations20210406 } from './api-2021-04-06/index.ts'
import { authorize } from './authorization.ts'
import { codeUrlPath } from './code-urls.ts'
import { entityTooLarge, invalidArgument, pathNotSupported } from './errors.ts'
import type { FunctionsNeeds } from './needs.ts'
import { operations } from './operations/index.ts'
import { runnableRuntimes } from './runtimes.ts'
import { readingOnly } from './services/reading-only.ts'
import type { FunctionsContext } from './vocabulary.ts'

/** Function Compute, in all three generations of its API, as the wire serves it. */
export function functionsProduct(needs: FunctionsNeeds): Product<FunctionsContext> {
  const { authenticate, access, ...rest } = needs
  const shared = {
    ...rest,
    ...(access && { access }),
    runnableRuntimes: needs.runnableRuntimes ?? runnableRuntimes,
    destinationKinds: needs.destinationKinds ?? new Set(['fc']),
  }
  return {
    name: 'functions',
    operations: [...operations.map(readingOnly), ...operations20160815, ...operations20210406],
    newRequestId: ({ rawPath }) =>
      isOfServices(rawPath) ? needs.ids.uuid() : needs.ids.requestId(needs.clock.now()),

    async authenticate(head) {
      const caller: Caller = head.rawPath.startsWith(codeUrlPath)
        ? { accountId: '' }
        : await authenticate(head)
      return { ...caller, facts: { baseUrl: baseUrlOf(head) } satisfies Facts }
    },

    ...(access && { authorize: (request) => authorize(access, needs.region, request) }),
    contextFor: (call, caller) => ({
      ...shared,
      ...call,
      baseUrl: (caller.facts as Facts).baseUrl,
      principal: caller.principal,
    }),
    renderError,
    wordFailure,
    commonHeaders: (requestId) => ({ 'X-Fc-Request-Id': requestId }),
  }
}

interface Facts {
  baseUrl: string
}

/** Clients of FC 2.0 leave the port out of `Host`; then it is the one they connected to. */
function baseUrlOf({ headers, message }: RequestHead): string {
  const port = message.socket.localPort ?? 80
  const host = headers.host ?? ''
  if (!/^[A-Za-z0-9._-]+(:\d{1,5})?$|^\[[0-9A-Fa-f:.]+\](:\d{1,5})?$/.test(host)) {
    return `http://localhost:${port}`
  }
  return `http://${/:\d+$/.test(host) || port === 80 ? host : `${host}:${port}`}`
}

/** The request ids of APIs 2016-08-15 and 2021-04-06 are UUIDs. */
const isOfServices = (rawPath: string): boolean => /^\/(2016-08-15|2021-04-06)\//.test(rawPath)

/** Each generation of the API has its own names for the same two things; clients of 2021-04-06 read either. */
function renderError(
  { status, code, message, headers }: ApiError,
  requestId: string,
  { rawPath }: RequestHead,
): Reply {
  const old = { ErrorCode: code, ErrorMessage: message }
  const current = { Code: code, Message: message, RequestId: requestId }
  if (rawPath.startsWith('/2016-08-15/')) return jsonReply(status, old, { ...headers })
  if (rawPath.startsWith('/2021-04-06/')) return jsonReply(status, { ...current, ...old }, { ...headers })
  return jsonReply(status, current, { ...headers })
}

function wordFailure(failure: unknown, { method, rawPath }: RequestHead): ApiError | undefined {
  if (failure instanceof MalformedBody) {
    const [issue] = failure.issues
    if (!issue) return invalidArgument(`the request body is not a JSON document: ${failure.message}`)
    const field = issue.path === '' ? 'the request body' : `'${issue.path}'`
    return invalidArgument(`${field} is set to an invalid value: ${issue.message}`)
  }
  if (failure instanceof BodyTooLarge) return entityTooLarge(failure.bytesMax)
  if (failure instanceof BodyCutOff) return invalidArgument(failure.message)
  if (failure instanceof MalformedPath) return invalidArgument(failure.message)
  if (failure instanceof NoSuchRoute) return pathNotSupported(method, rawPath)
  return undefined
}
