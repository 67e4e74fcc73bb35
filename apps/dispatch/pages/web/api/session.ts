/** Who is signed in on a page, kept for as long as its tab. */
import type { Role } from './contract.ts'

export interface Session {
  id: string
  token: string
}

/** As `sessionStorage`, which may be forbidden: then a session lasts as long as its page. */
export type Keeper = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

const nameOf = (role: Role) => `dispatch.session.${role}`

export function keptSession(role: Role, keeper: Keeper): Session | undefined {
  try {
    const kept: unknown = JSON.parse(keeper.getItem(nameOf(role)) ?? 'null')
    if (typeof kept !== 'object' || kept === null) return undefined
    const { id, token } = kept as Record<string, unknown>
    return typeof id === 'string' && typeof token === 'string' ? { id, token } : undefined
  } catch {
    return undefined
  }
}

export function keepSession(role: Role, keeper: Keeper, session: Session | undefined): void {
  try {
    if (session) keeper.setItem(nameOf(role), JSON.stringify(session))
    else keeper.removeItem(nameOf(role))
  } catch {
    // Storage is full or forbidden: the session stays in memory, as long as the page does.
  }
}
