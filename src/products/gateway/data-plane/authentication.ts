/** Who calls an API: an app by signature or code, somebody with a token, or anybody. */
import { createHash } from 'node:crypto'
import { constantTimeEqual } from '../../../lib/checksums.ts'
import type { Clock } from '../../../lib/clock.ts'
import type { Catalog } from '../catalog.ts'
import type { AppRecord } from '../records.ts'
import { type SignatureMethod, signatureOf, signedHeadersOf, stringToSign } from './app-signature.ts'
import type { LiveApi } from './live-api.ts'
import type { Nonces } from './nonces.ts'
import { checkOpenId } from './open-id.ts'
import {
  authorizationExpired,
  authorizationNeeded,
  headerRequired,
  invalidAppCode,
  invalidAppKey,
  invalidHeader,
  invalidMd5,
  invalidSignature,
  nonceRequired,
  nonceUsed,
  serviceBusy,
  timestampExpired,
  unauthorized,
} from './refusals.ts'
import { type GatewayRequest, headerOf } from './request.ts'

/** Undefined `app`: the API is for anybody, or for whoever has a token. */
export interface Caller {
  app?: AppRecord
  appKey?: string
}

export interface AuthenticationNeeds {
  catalog: Catalog
  nonces: Nonces
  clock: Clock
}

const SKEW_MS_MAX = 15 * 60_000

/** Throws `ApiError`. */
export async function authenticate(
  needs: AuthenticationNeeds,
  api: LiveApi,
  request: GatewayRequest,
): Promise<Caller> {
  const { authType } = api.definition
  if (authType === 'ANONYMOUS') return {}
  const caller = authType === 'OPENID' ? {} : byApp(needs, api, request)
  if (api.openId) await checkOpenId(api.openId, request, needs.clock)
  return caller
}

function byApp(needs: AuthenticationNeeds, api: LiveApi, request: GatewayRequest): Caller {
  const appKey = headerOf(request, 'x-ca-key')
  if (appKey !== undefined) return bySignature(needs, api, request, appKey)
  const app = byCode(needs, api, request)
  if (!app) throw authorizationNeeded()
  authorize(needs, api, app)
  return { app }
}

function byCode({ catalog }: AuthenticationNeeds, { definition }: LiveApi, request: GatewayRequest) {
  const kind = definition.appCodeAuthType
  const inHeader = /^appcode\s+(\S+)\s*$/i.exec(headerOf(request, 'authorization') ?? '')?.[1]
  const inQuery = request.query.get('AppCode') ?? request.query.get('appcode') ?? undefined
  const appCode = inHeader ?? (kind === 'HEADER_QUERY' ? inQuery : undefined)
  if (appCode === undefined) return undefined
  // By default codes are for APIs of the vendor's marketplace, of which there are none here.
  if (kind !== 'HEADER' && kind !== 'HEADER_QUERY') throw invalidAppCode('AppCode authentication is disabled')
  const app = catalog.appByCode(appCode)
  if (!app) throw invalidAppCode('not exists')
  return app
}

function bySignature(
  needs: AuthenticationNeeds,
  api: LiveApi,
  request: GatewayRequest,
  appKey: string,
): Caller {
  const known = needs.catalog.appByKey(appKey)
  if (!known) throw invalidAppKey()
  const signature = headerOf(request, 'x-ca-signature')
  if (!signature) throw headerRequired('X-Ca-Signature')
  const method = signatureMethodOf(api, request)
  const timestampMs = timestampOf(request)
  const nowMs = needs.clock.now()
  if (timestampMs !== undefined && Math.abs(nowMs - timestampMs) > SKEW_MS_MAX) throw timestampExpired()
  checkMd5(request)
  const signedHeaders = signedHeadersOf(request)
  const wanted = stringToSign(request, signedHeaders, 'first')
  const isSigned = [wanted, stringToSign(request, signedHeaders, 'joined')].some((each) =>
    constantTimeEqual(signature, signatureOf(method, known.appSecret, each)),
  )
  if (!isSigned) throw invalidSignature(wanted)
  authorize(needs, api, known.app)
  checkNonce(needs, api, request, { appKey, signature, signedHeaders, timestampMs, nowMs })
  return { app: known.app, appKey }
}

function signatureMethodOf({ definition }: LiveApi, request: GatewayRequest): SignatureMethod {
  const given = headerOf(request, 'x-ca-signature-method') ?? 'HmacSHA256'
  const method = definition.allowSignatureMethods.find((each) => each === given)
  if (!method) throw invalidHeader('X-Ca-Signature-Method', 'is not allowed by the API')
  return method
}

/** ms since the epoch. */
function timestampOf(request: GatewayRequest): number | undefined {
  const given = headerOf(request, 'x-ca-timestamp')
  if (given === undefined) return undefined
  if (!/^\d{1,15}$/.test(given)) throw invalidHeader('X-Ca-Timestamp', 'is not a number of milliseconds')
  return Number(given)
}

function checkMd5(request: GatewayRequest): void {
  const given = headerOf(request, 'content-md5')
  if (given === undefined) return
  if (createHash('md5').update(request.body).digest('base64') !== given)
    throw invalidMd5('it is not that of the body')
}

/**
 * A nonce that is not signed could be exchanged for another: then it is the signature that counts once. A time that is not
 * signed could be, too: then there is none, and the request is remembered for a quarter of an hour from now.
 */
function checkNonce(
  { nonces }: AuthenticationNeeds,
  { definition }: LiveApi,
  request: GatewayRequest,
  {
    appKey,
    signature,
    signedHeaders,
    timestampMs,
    nowMs,
  }: {
    appKey: string
    signature: string
    signedHeaders: readonly string[]
    timestampMs: number | undefined
    nowMs: number
  },
): void {
  const nonce = headerOf(request, 'x-ca-nonce')
  if (nonce === undefined) {
    if (definition.forceNonceCheck) throw nonceRequired()
    return
  }
  if (nonce.length > 128) throw invalidHeader('X-Ca-Nonce', 'is too long')
  const isSigned = (name: string) => signedHeaders.some((each) => each.toLowerCase() === name)
  const key = isSigned('x-ca-nonce') ? `${appKey} ${nonce}` : `${appKey} ${signature}`
  const fromMs = isSigned('x-ca-timestamp') ? (timestampMs ?? nowMs) : nowMs
  switch (nonces.use(key, { nowMs, untilMs: fromMs + SKEW_MS_MAX })) {
    case 'again':
      throw nonceUsed()
    case 'full':
      throw serviceBusy()
  }
}

/** Whether the app may call this API in this stage. Throws `ApiError`. */
function authorize({ catalog, clock }: AuthenticationNeeds, { apiId, stage }: LiveApi, app: AppRecord): void {
  const authority = app.disabled ? undefined : catalog.authority(apiId, stage, app.appId)
  if (!authority) throw unauthorized()
  if (authority.validUntilMs !== undefined && authority.validUntilMs < clock.now())
    throw authorizationExpired()
}
