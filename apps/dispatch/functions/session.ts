/**
 * Tokens for those whom a partner, or the operator, vouches for: the gateway lets only requests through that an app signed.
 * `/demo/session`, deployed for demonstrations alone, lets anybody be anybody.
 */
import { sign } from 'node:crypto'
import { fields, oneOf, text } from '../orders/check.ts'
import type { Role } from '../orders/context.ts'
import { serve } from './custom-server.ts'
import { answered, jsonBody, type Route, readRequest, routed } from './gateway-event.ts'

const LIFETIME_MS = 12 * 3_600_000

/** A private RSA key, PKCS#8 in base64, and the id of its public one at the gateway. */
const { DISPATCH_JWT_KEY: key = '', DISPATCH_JWT_KEY_ID: kid = '' } = process.env

const begin: Route['handle'] = async (request) => {
  const given = fields(jsonBody(request))
  const role = oneOf<Role>(given['role'], 'role', ['customer', 'merchant', 'rider', 'operations'])
  const id = text(given['id'], 'id', 64)
  const nowMs = Date.now()
  const expiresAtMs = nowMs + LIFETIME_MS
  return { status: 200, body: { token: tokenOf({ sub: id, role, nowMs, expiresAtMs }), expiresAtMs } }
}

function tokenOf({
  sub,
  role,
  nowMs,
  expiresAtMs,
}: {
  sub: string
  role: Role
  nowMs: number
  expiresAtMs: number
}): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = { sub, role, iat: Math.floor(nowMs / 1000), exp: Math.floor(expiresAtMs / 1000) }
  const signed = `${part({ alg: 'RS256', typ: 'JWT', kid })}.${part(claims)}`
  const privateKey = { key: Buffer.from(key, 'base64'), format: 'der', type: 'pkcs8' } as const
  return `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`
}

const routes: Route[] = [
  { method: 'POST', path: '/sessions', handle: begin },
  { method: 'POST', path: '/demo/session', handle: begin },
]

serve({ invoke: (event) => answered(() => routed(routes, readRequest(event))) })
