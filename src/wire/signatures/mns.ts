/** Checks the two signatures of queues and topics (MNS); what is signed is in `lib/signing/mns.ts`. */
import { constantTimeEqual } from '../../lib/checksums.ts'
import {
  isoBasic,
  type MnsScope,
  mnsV2Signature,
  mnsV4Signature,
  mnsV4StringToSign,
} from '../../lib/signing/mns.ts'
import type { SignedRequest } from './compare.ts'

export type MnsAuthorization =
  | { version: 'v2'; accessKeyId: string; signature: string }
  | { version: 'v4'; accessKeyId: string; signature: string; scope: MnsScope }

/** Undefined when the header is neither `MNS key:signature` nor well-formed V4. */
export function parseMns(authorization: string): MnsAuthorization | undefined {
  const v2 = /^MNS ([^\s:]+):([A-Za-z0-9+/=]+)$/.exec(authorization)
  if (v2) return { version: 'v2', accessKeyId: v2[1]!, signature: v2[2]! }
  const v4 =
    /^MNS4-HMAC-SHA256 Credential=([^\s/]+)\/(\d{8})\/([^\s/]+)\/mns\/aliyun_v4_request, ?Signature=([0-9a-f]{64})$/.exec(
      authorization,
    )
  if (!v4) return undefined
  const [, accessKeyId, date, region, signature] = v4
  return {
    version: 'v4',
    accessKeyId: accessKeyId!,
    signature: signature!,
    scope: { date: date!, region: region! },
  }
}

/** True when the signature is that of this request by this secret. `dateMs` is what its Date header says. */
export function verifyMns(
  request: SignedRequest,
  authorization: MnsAuthorization,
  accessKeySecret: string,
  dateMs: number,
): boolean {
  if (authorization.version === 'v2') {
    return constantTimeEqual(authorization.signature, mnsV2Signature(request, accessKeySecret))
  }
  const { scope, signature } = authorization
  // The key is of the scope's day: a date of another day would make it last.
  const text = mnsV4StringToSign(request, scope, dateMs)
  if (text === undefined || !isoBasic(dateMs).startsWith(scope.date)) return false
  return constantTimeEqual(signature, mnsV4Signature(text, scope, accessKeySecret))
}
