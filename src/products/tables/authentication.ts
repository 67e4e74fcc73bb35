/** Who calls Table Store, and which instance is meant: all of it is in headers, and the host says nothing. */
import { createHash } from 'node:crypto'
import type { Clock } from '../../lib/clock.ts'
import type { RequestConditions } from '../../wire/access.ts'
import type { Caller, RequestHead } from '../../wire/product-server.ts'
import { headerOf, isSkewed } from '../../wire/signatures/compare.ts'
import { type OtsSigner, verifyOts } from '../../wire/signatures/ots.ts'
import type { Principal, SecretLookup } from '../../wire/signatures/secret-lookup.ts'
import { requestConditions } from './access.ts'
import { authFailed, methodNotAllowed, noPermission, notImplemented, parameterInvalid } from './errors.ts'

/** What is found out about a request on the way; the answer is signed with it. */
export interface CallerFacts {
  /** In small letters, as the names of instances are compared without case. */
  instance: string
  signer: OtsSigner
  principal: Principal
  conditions(): RequestConditions
}

const NEEDED = [
  'x-ots-apiversion',
  'x-ots-accesskeyid',
  'x-ots-contentmd5',
  'x-ots-date',
  'x-ots-instancename',
] as const

export interface Authentication {
  authenticate(head: RequestHead): Caller
  /** For an answer that is an error: known as soon as the signature was found to be right. */
  signerOf(head: RequestHead): OtsSigner | undefined
}

export function tablesAuthentication({
  lookup,
  clock,
}: {
  lookup: SecretLookup
  clock: Clock
}): Authentication {
  const signers = new WeakMap<object, OtsSigner>()

  function authenticate(head: RequestHead): Caller {
    if (head.method !== 'POST') throw methodNotAllowed()
    const needed = NEEDED.map((name) => {
      const value = headerOf(head, name)
      if (value === undefined || value === '') throw parameterInvalid(`Missing header: '${name}'.`)
      return value
    })
    const [, accessKeyId, contentMd5, date, instance] = needed as [string, string, string, string, string]
    if (
      headerOf(head, 'x-ots-signature') === undefined &&
      headerOf(head, 'x-ots-signaturev4') === undefined
    ) {
      throw parameterInvalid("Missing header: 'x-ots-signature'.")
    }
    const { accountId, accessKeySecret, principal } = secretOf(accessKeyId, headerOf(head, 'x-ots-ststoken'))
    const signer = verifyOts(head, accessKeySecret)
    if (!signer) throw authFailed('Signature mismatch.')
    signers.set(head.message, signer)
    checkDate(date)
    // The key is for one upload of an object.
    if (!principal) throw noPermission()
    if (!/^[A-Za-z][A-Za-z0-9-]{0,63}$/.test(instance))
      throw parameterInvalid(`Invalid instance name: '${instance.slice(0, 100)}'.`)
    if (headerOf(head, 'x-ots-request-compress-type') !== undefined)
      throw notImplemented('A compressed request')
    const facts: CallerFacts = {
      instance: instance.toLowerCase(),
      signer,
      principal,
      conditions: () => requestConditions(head, accessKeyId),
    }
    return { accountId, principal, verifyBody: (body) => checkMd5(body, contentMd5), facts }
  }

  function secretOf(accessKeyId: string, securityToken: string | undefined) {
    const answer = lookup.secretOf(accessKeyId, securityToken)
    switch (answer.is) {
      case 'known':
        return answer
      case 'unknownAccessKey':
        throw authFailed('The AccessKeyID does not exist.')
      case 'invalidToken':
        throw authFailed('The security token is invalid.')
      case 'expiredToken':
        throw authFailed('The security token has expired.')
    }
  }

  function checkDate(date: string): void {
    const dateMs = dateOf(date)
    if (Number.isNaN(dateMs)) throw parameterInvalid(`Invalid date format: ${date.slice(0, 100)}.`)
    if (isSkewed(dateMs, clock.now()))
      throw authFailed(`Mismatch between system time and x-ots-date: ${date}.`)
  }

  return { authenticate, signerOf: (head) => signers.get(head.message) }
}

/**
 * ISO 8601 in UTC, with whatever stands where the fraction should: the SDK for Go sends `10:11:12.91310Z`, whose digits
 * are no fraction of that second. A second more or less does not matter.
 */
function dateOf(text: string): number {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,12})?Z$/.exec(text)
  return match ? Date.parse(`${match[1]}Z`) : Number.NaN
}

function checkMd5(body: Buffer, contentMd5: string): void {
  if (createHash('md5').update(body).digest('base64') !== contentMd5) {
    throw authFailed('Mismatch between MD5 value of request body and x-ots-contentmd5 in header.')
  }
}
