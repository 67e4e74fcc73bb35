/** How API Gateway calls the functions of the platform: in the engine by event, over the edge by HTTP. */
import { Agent, request as httpRequest } from 'node:http'
import type { Engine } from '../compute/engine.ts'
import { signAcs3ForTrigger } from '../lib/signing/acs3.ts'
import { functionResource } from '../products/functions/authorization.ts'
import type { FunctionDirectory } from '../products/functions/directory.ts'
import { nameInService } from '../products/functions/services/names.ts'
import {
  API_GATEWAY,
  type FunctionAnswer,
  type Functions,
  type FunctionTarget,
} from '../products/gateway/needs.ts'
import { sessionForService, trustsService } from '../products/identity/service-roles.ts'
import type { Principal } from '../wire/signatures/secret-lookup.ts'
import type { Foundation } from './foundation.ts'

/** Connections to the edge; further requests wait for one, within their time. */
const SOCKETS_MAX = 512
/** Credentials for one request. */
const SESSION_MS = 15 * 60_000

export interface GatewayFunctions extends Functions {
  close(): void
}

export function gatewayFunctions(
  { identity, accountId, region, clock, ids, endpoints }: Foundation,
  { engine, directory }: { engine: Engine; directory: FunctionDirectory },
): GatewayFunctions {
  const agent = new Agent({
    keepAlive: true,
    maxTotalSockets: SOCKETS_MAX,
    maxFreeSockets: 64,
    // Sooner than the edge closes them: a request would meet that.
    timeout: 30_000,
  })
  const nameOf = ({ serviceName, functionName }: FunctionTarget) =>
    serviceName === '' ? functionName : nameInService(serviceName, functionName)
  const arnOf = (target: FunctionTarget) =>
    `acs:fc:${region}:${accountId}:${functionResource(nameOf(target), target.qualifier)}`
  const isTrustedBy = (roleArn: string) => trustsService(identity, { roleArn, service: API_GATEWAY, clock })

  /** Why the gateway may not call in that role; undefined: it may. */
  function whyNotInRole(target: FunctionTarget): string | undefined {
    const { roleArn } = target
    if (roleArn === '') return undefined
    if (!isTrustedBy(roleArn))
      return `the role '${roleArn}' does not exist or does not trust '${API_GATEWAY}'`
    const found = identity.roleOf(roleArn)
    if (found.is !== 'created') return undefined
    const { roleName, roleId } = found.role
    const principal: Principal = { is: 'role', roleName, roleId, sessionName: API_GATEWAY }
    return identity.mayDo(principal, { action: 'fc:InvokeFunction', resource: arnOf(target) })
      ? undefined
      : `the role '${roleArn}' may not invoke '${arnOf(target)}'`
  }

  return {
    arnOf,
    isTrustedBy,
    async call({ target, event, trace, signal, timeoutMs }): Promise<FunctionAnswer> {
      const refused = whyNotInRole(target)
      if (refused !== undefined) return { is: 'roleRefused', because: refused }
      const functionName = nameOf(target)
      const resolution =
        directory.resolveCached(accountId, functionName, target.qualifier) ??
        (await directory.resolve(accountId, functionName, target.qualifier))
      if (resolution.outcome !== 'found')
        return { is: 'absent', because: `the function '${functionName}' or its qualifier is not there` }
      if (resolution.disabledBecause !== undefined)
        return { is: 'absent', because: `the function '${functionName}' is disabled` }
      const late = new AbortController()
      const cancel = clock.after(timeoutMs, () => late.abort())
      const callOff = () => late.abort()
      signal.addEventListener('abort', callOff, { once: true })
      try {
        const outcome = await engine.invoke({
          revision: resolution.revision,
          qualifier: target.qualifier,
          // Functions know requests by ids of their own; that of the gateway is among the headers.
          requestId: ids.requestId(clock.now()),
          event,
          ...(trace ? { trace } : {}),
          wantLogTail: false,
          signal: late.signal,
        })
        switch (outcome.outcome) {
          case 'succeeded':
            return { is: 'answered', body: outcome.body }
          case 'handledError':
          case 'unhandledError':
          case 'initializationError':
            return outcome.because === 'timeout'
              ? { is: 'timedOut' }
              : { is: 'failed', because: `the function failed (${outcome.because})` }
          case 'cancelled':
            return { is: 'timedOut' }
          case 'throttled':
          case 'platformError':
            return { is: 'busy', because: outcome.message }
          case 'notStarted':
            return { is: 'failed', because: outcome.message }
        }
      } finally {
        cancel()
        signal.removeEventListener('abort', callOff)
      }
    },

    request({ host, method, target: path, headers, body, roleArn, signal, timeoutMs }) {
      const edge = new URL(endpoints['edge']!)
      const signed: Record<string, string> = {}
      if (roleArn !== '') {
        const credentials = sessionForService(identity, {
          roleArn,
          service: API_GATEWAY,
          sessionName: 'apigateway',
          durationMs: SESSION_MS,
          clock,
        })
        if (!credentials)
          return Promise.resolve({
            is: 'roleRefused',
            because: `the role '${roleArn}' does not exist or does not trust '${API_GATEWAY}'`,
          })
        const [rawPath = '/', rawQuery = ''] = path.split('?')
        Object.assign(
          signed,
          signAcs3ForTrigger({ method, rawPath, rawQuery, headers: {} }, credentials, clock.now()),
        )
      }
      const given = Object.keys(signed).length === 0 ? headers : without(headers, Object.keys(signed))
      const hasBody = body.length > 0 || /^P/.test(method)
      return new Promise((resolve) => {
        const request = httpRequest({
          hostname: edge.hostname,
          port: edge.port,
          method,
          path,
          headers: [
            ...given,
            ...Object.entries(signed).flat(),
            'Host',
            host,
            ...(hasBody ? ['Content-Length', String(body.length)] : []),
          ],
          agent,
          signal,
        })
        const cancel = clock.after(timeoutMs, () => {
          resolve({ is: 'timedOut' })
          request.destroy()
        })
        // Also after the answer has begun: a client that leaves ends the call.
        request.on('error', (error: NodeJS.ErrnoException) => {
          cancel()
          resolve({ is: 'unreachable', because: error.code ?? error.message })
        })
        request.once('response', (response) => {
          cancel()
          const { statusCode = 502, rawHeaders } = response
          const length = response.headers['content-length']
          resolve({
            is: 'answered',
            status: statusCode,
            rawHeaders,
            body: response,
            ...(length === undefined ? {} : { lengthBytes: Number(length) }),
          })
        })
        request.end(body)
      })
    },

    close() {
      agent.destroy()
    },
  }
}

/** What a client sent under a name that is signed would not be what was signed. */
function without(headers: readonly string[], lowerNames: readonly string[]): string[] {
  const kept: string[] = []
  for (let index = 0; index < headers.length; index += 2)
    if (!lowerNames.includes(headers[index]!.toLowerCase())) kept.push(headers[index]!, headers[index + 1]!)
  return kept
}
