/**
 * What the data plane answers by itself: six characters in `X-Ca-Error-Code`, and the sentence in `X-Ca-Error-Message`; the body
 * is empty. Codes and sentences as the vendor's table for instances of the VPC type has them ("API Gateway error code table",
 * help page 43906, as of 2024 to 2026). README.md says which of them were not seen in the table itself.
 */
import { ApiError } from '../../../wire/api-error.ts'

const refusal = (code: string, message: string): ApiError =>
  new ApiError(code, Number(code.slice(1, 4)), message)

export const invalidHeader = (name: string, reason: string) =>
  refusal('I400HD', `Invalid Header \`${name}\` ${reason}`)
export const headerRequired = (name: string) => refusal('I400MH', `Header \`${name}\` is Required`)
export const invalidBody = (reason: string) => refusal('I400BD', `Invalid Body: ${reason}`)
export const invalidPath = (reason: string) => refusal('I400PA', `Invalid Request Path \`${reason}\``)
export const protocolUnsupported = (protocol: string) =>
  refusal('I403PT', `Invalid protocol ${protocol} unsupported`)
export const bodyTooLarge = () => refusal('I413RL', 'Request body too Large')
export const urlTooLarge = () => refusal('I413UL', 'Request URL too Large')
export const unknownDomain = (host: string) => refusal('I404DO', `Invalid Domain \`${host}\``)
export const unknownStage = () => refusal('I400SG', 'Invalid Stage')
export const apiNotFound = (reason: string) => refusal('I404NF', `API not found ${reason}`)

export const authorizationNeeded = () =>
  refusal('A400MA', 'Need authorization, `X-Ca-Key` or `Authorization: APPCODE ...` is required')
export const invalidAppKey = () => refusal('A400IK', 'Invalid AppKey')
export const invalidAppCode = (reason: string) => refusal('A400AC', `Invalid AppCode \`${reason}\``)
export const invalidSignature = (stringToSign: string) =>
  refusal('A403IS', `Invalid Signature, Server StringToSign:\`${stringToSign.replaceAll('\n', '#')}\``)
export const authorizationExpired = () => refusal('A403EP', 'App authorization expired')
export const unauthorized = () => refusal('I403AA', 'Unauthorized')
export const invalidMd5 = (reason: string) => refusal('I400I5', `Invalid Content-MD5 ${reason}`)
export const nonceRequired = () => refusal('I400NC', 'X-Ca-Nonce is required')
export const nonceUsed = () => refusal('S403NU', 'Nonce Used')
export const timestampExpired = () => refusal('S403TE', 'X-Ca-Timestamp is expired')

export const parameterRequired = (name: string) => refusal('I400MP', `Parameter \`${name}\` is required`)
export const invalidParameter = (name: string, reason: string) =>
  refusal('I400IP', `Invalid parameter \`${name}\` ${reason}`)

export const tokenRequired = () => refusal('I400JR', 'JWT required')
export const invalidToken = (reason: string) => refusal('A403JT', `Invalid JWT: ${reason}`)
export const tokenReplayed = () => refusal('S403JU', 'Claim jti in JWT is used')
export const tokenIdRequired = () => refusal('S403JI', 'Claim jti is required when preventJtiReplay:true')

export const addressForbidden = () => refusal('A403IP', 'Client ip is not allowed')
export const originForbidden = (origin: string) =>
  refusal('A403CO', `Cross origin resource forbidden ${origin}`)
export const throttled = (by: 'API' | 'APP' | 'USER') => refusal('T429PA', `Throttled by ${by} Flow Control`)

export const functionResponseInvalid = (reason: string) =>
  refusal('D502FC', `Function Compute response invalid: ${reason}`)
export const roleRefused = (reason: string) =>
  refusal('A403FC', `Function Compute AssumeRole failed ${reason}`)
export const illegalAddress = (host: string) =>
  refusal('D504IL', `Backend domain \`${host}\` resolve to illegal address`)
export const unresolved = (host: string) => refusal('D504RE', `Backend domain \`${host}\` resolve failed`)
export const connectFailed = (reason: string) =>
  refusal('D504CO', `Backend service connect failed \`${reason}\``)
export const backendTimedOut = () => refusal('D504TO', 'Backend service request timeout')
export const serviceBusy = () => refusal('X503BZ', 'Service Busy')
export const internalError = () => refusal('X500ER', 'Service Internal Error')
