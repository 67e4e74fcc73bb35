import { ApiError } from '../../../wire/api-error.ts'
import { LATEST } from '../names.ts'
import { operations } from '../operations/index.ts'
import type { FunctionsContext, Reply } from '../vocabulary.ts'
import { serviceAndFunction } from './names.ts'
import { whyNotFound } from './qualifiers.ts'

export interface Delegated {
  path?: Readonly<Record<string, string>>
  query?: URLSearchParams | Readonly<Record<string, string>>
  headers?: Readonly<Record<string, string | undefined>>
  /** The body as API 2023-03-30 takes it. */
  document?: object
}

/**
 * Lets the operation of API 2023-03-30 that does the same do it. Answers its JSON document, an empty one where
 * it answers none. Meant for small documents: it is written and read once more. Throws `ApiError`, in the words of that API.
 */
export async function delegate(
  name: string,
  { path = {}, query = {}, headers = {}, document = {} }: Delegated,
  context: FunctionsContext,
): Promise<{ reply: Reply; document: Record<string, unknown> }> {
  const operation = byName.get(name)
  if (!operation) throw new Error(`'${name}' is not an operation of API 2023-03-30`)
  const bytes = Buffer.from(JSON.stringify(document))
  const reply = await operation.handle(
    {
      path,
      query: new URLSearchParams(query as Record<string, string>),
      headers,
      // Only readers that collect look at no request.
      body:
        operation.body.collectBytesMax === undefined ? undefined : operation.body.decode(bytes, NO_REQUEST),
    },
    context,
  )
  const answered = typeof reply.body === 'string' ? JSON.parse(reply.body) : {}
  return { reply, document: answered }
}

const NO_REQUEST = undefined as never
const byName = new Map(operations.map((operation) => [operation.name, operation]))

/** Names in an error `service$function`s as the APIs with services do, whatever functions it is about. */
export async function inServices<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    const message = error.message.replace(
      /function '([\w-]+)\$([\w-]*)'/g,
      (_, service: string, name: string) => `function '${name}' of service '${service}'`,
    )
    throw new ApiError(error.code, error.status, message, { ...error.details }, { ...error.headers })
  }
}

/** What is missing then is missing from the service. */
const ofService: ReadonlySet<string> = new Set(['VersionNotFound', 'AliasNotFound'])

/** Does something to the function `service$function`, and words what is refused as the APIs with services do. */
export async function ofFunction<Result>(
  context: FunctionsContext,
  name: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    const { serviceName, functionName } = serviceAndFunction(name)
    if (error.code === 'FunctionNotFound') throw await whyNotFound(context, name, LATEST)
    const owner = ofService.has(error.code)
      ? `service '${serviceName}'`
      : `function '${functionName}' of service '${serviceName}'`
    const message = error.message
      .replaceAll(`function '${name}'`, () => owner)
      .replaceAll(name, () => `${serviceName}/${functionName}`)
    throw new ApiError(error.code, error.status, message, { ...error.details }, { ...error.headers })
  }
}
