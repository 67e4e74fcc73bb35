/** The vocabulary of operations of the control plane. */
import type { BodyReader } from '../../../wire/body.ts'
import { type Call, jsonReply, operationOf, type Reply } from '../../../wire/operation.ts'
import { type AccessContext, authorize } from '../access.ts'
import type { Janitor } from '../janitor.ts'
import type { LiveQueues } from '../live-queues.ts'
import { parametersOf, requireQueueName } from './queue-parameters.ts'

const BODY_BYTES_MAX = 256 * 1024

export interface ControlPlaneContext extends Call, AccessContext {
  queues: LiveQueues
  janitor: Janitor
}

export const rpcOperation = operationOf<ControlPlaneContext>()

/** Parameters that came in a form; those of the query are read beside them. */
export const form: BodyReader<URLSearchParams> = {
  collectBytesMax: BODY_BYTES_MAX,
  decode: (collected, { headers: { 'content-type': type = '' } }) =>
    new URLSearchParams(type.startsWith('application/x-www-form-urlencoded') ? collected.toString() : ''),
}

type Parameters = ReadonlyMap<string, string>

/** An operation on the queue that its parameters name: asked about as that of the other API which has its name. */
export const queueOperation = (
  name: string,
  handle: (parameters: Parameters, context: ControlPlaneContext) => Promise<Reply>,
) =>
  rpcOperation({
    name,
    route: `POST /${name}`,
    body: form,
    async handle({ query, body }, context) {
      const parameters = parametersOf(query, body)
      authorize(context, { action: name, path: `/queues/${requireQueueName(parameters)}` })
      return handle(parameters, context)
    },
  })

export const success = (requestId: string, data?: unknown): Reply =>
  jsonReply(200, {
    RequestId: requestId,
    Code: 200,
    Status: 'Success',
    Success: true,
    Message: 'operation success',
    ...(data === undefined ? {} : { Data: data }),
  })
