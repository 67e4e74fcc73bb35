import { type Call, operationOf } from '../../wire/operation.ts'
import type { Principal } from '../../wire/signatures/secret-lookup.ts'
import type { FunctionsNeeds } from './needs.ts'

/** What an operation of Function Compute may use. */
export interface FunctionsContext
  extends Call,
    Omit<FunctionsNeeds, 'authenticate' | 'runnableRuntimes' | 'destinationKinds'> {
  /** How the client reached this endpoint, for links back to it: `http://127.0.0.1:9000`. */
  baseUrl: string
  /** Who signed; undefined where nobody had to. */
  principal: Principal | undefined
  runnableRuntimes: ReadonlySet<string>
  destinationKinds: ReadonlySet<string>
}

export const operation = operationOf<FunctionsContext>()
export { bytes, json, none } from '../../wire/body.ts'
export { jsonReply, type Operation, type Reply } from '../../wire/operation.ts'

/** The vendor's times have no milliseconds: `2023-04-01T08:15:27Z`. */
export const timeText = (nowMs: number): string => `${new Date(nowMs).toISOString().slice(0, 19)}Z`
