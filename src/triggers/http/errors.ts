import { ApiError } from '../../wire/api-error.ts'

/** Every refusal of the HTTP trigger. Codes as far as they are known of the vendor; README.md says which are not. */
export const invalidArgument = (message: string) => new ApiError('InvalidArgument', 400, message)

export const noSuchAddress = (domainName: string, path: string) =>
  new ApiError('DomainNameNotFound', 404, `no function has the address '${domainName}${path.slice(0, 256)}'`)

export const routeNotFound = (domainName: string, path: string) =>
  new ApiError(
    'DomainRouteNotFound',
    404,
    `no route found in domain '${domainName}' for path '${path.slice(0, 256)}'`,
  )

export const protocolNotAllowed = (domainName: string, protocol: string) =>
  new ApiError('AccessDenied', 403, `domain '${domainName}' does not allow the protocol ${protocol}`)

export const functionNotFound = (functionName: string, qualifier: string) =>
  new ApiError(
    'FunctionNotFound',
    404,
    qualifier === 'LATEST'
      ? `function '${functionName}' does not exist`
      : `function '${functionName}' with qualifier '${qualifier}' does not exist`,
  )

export const triggerNotFound = (functionName: string, qualifier: string) =>
  new ApiError(
    'TriggerNotFound',
    404,
    `function '${functionName}' has no HTTP trigger for qualifier '${qualifier}'`,
  )

/** The vendor's words. */
export const urlDisabled = () =>
  new ApiError('AccessDenied', 403, 'access denied due to function internet URL is disabled')

export const accessDenied = () =>
  new ApiError('AccessDenied', 403, 'the caller is not of the account of this function')

/** The vendor's words for a token that is not good; those for none are its library's. */
export const invalidToken = () => new ApiError('AccessDenied', 403, 'invalid or expired jwt')

export const tokenMissing = () => new ApiError('AccessDenied', 403, 'missing or malformed jwt')

export const methodNotAllowed = (method: string, allowed: readonly string[]) =>
  new ApiError(
    'MethodNotAllowed',
    405,
    `the HTTP trigger does not allow the method '${method}'`,
    {},
    { Allow: allowed.join(', ') },
  )

export const badResponse = (message: string) => new ApiError('BadResponse', 502, message)

export const upgradeNeedsCustomRuntime = () =>
  new ApiError('InvalidArgument', 400, 'only functions in custom runtimes accept WebSocket connections')

export const handlerNotCalledLater = () =>
  new ApiError('NotImplemented', 501, 'the asynchronous invocation of an HTTP handler is not implemented')

export const clientClosedRequest = () => new ApiError('ClientClosedRequest', 499, 'client Closed Request')

/** As InvokeFunction says it. */
export const invocationStopped = (functionName: string) =>
  new ApiError(
    'FunctionInvocationDisabled',
    403,
    `the invocation of function '${functionName}' is disabled: this one was under way, and was ended`,
  )

export const resourceExhausted = (message: string) => new ApiError('ResourceExhausted', 429, message)

export const serviceUnavailable = (message: string) => new ApiError('ServiceUnavailable', 503, message)
