import { notImplemented } from '../errors.ts'
import { none, operation } from '../vocabulary.ts'

/** Operations of API 2023-03-30 that are known and not built: a client is told so by name. */
export const notBuilt = (
  [
    ['ChangeResourceGroup', 'PUT /2023-03-30/resource-groups'],
    ['CreateSession', 'POST /2023-03-30/functions/{functionName}/sessions'],
    ['CreateVpcBinding', 'POST /2023-03-30/functions/{functionName}/vpc-bindings'],
    ['DeleteSession', 'DELETE /2023-03-30/functions/{functionName}/sessions/{sessionId}'],
    ['DeleteVpcBinding', 'DELETE /2023-03-30/functions/{functionName}/vpc-bindings/{vpcId}'],
    ['GetSession', 'GET /2023-03-30/functions/{functionName}/sessions/{sessionId}'],
    ['ListSessions', 'GET /2023-03-30/functions/{functionName}/sessions'],
    ['PauseSession', 'PUT /2023-03-30/functions/{functionName}/sessions/{sessionId}/pause'],
    ['ResumeSession', 'PUT /2023-03-30/functions/{functionName}/sessions/{sessionId}/resume'],
    ['UpdateSession', 'PUT /2023-03-30/functions/{functionName}/sessions/{sessionId}'],
  ] as const
).map(([name, route]) =>
  operation({
    name,
    route,
    body: none,
    async handle() {
      throw notImplemented(`the operation '${name}'`)
    },
  }),
)
