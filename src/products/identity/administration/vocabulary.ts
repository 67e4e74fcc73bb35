import { z } from 'zod'
import { type Call, operationOf } from '../../../wire/operation.ts'
import type { Directory } from '../directory.ts'
import { invalidName } from '../errors.ts'
import type { PolicyRef } from '../records.ts'

/** What an operation of the administration may use. */
export interface AdministrationContext extends Call {
  directory: Directory
}

export const operation = operationOf<AdministrationContext>()
export { json, none } from '../../../wire/body.ts'
export { jsonReply } from '../../../wire/operation.ts'

/** In this form policies are attached, and shown. */
export const policyRefs = (most: number) =>
  z.array(z.strictObject({ policyType: z.enum(['System', 'Custom']), policyName: z.string() })).max(most)

export const policyRef = ({ policyType, policyName }: PolicyRef): PolicyRef => ({ policyType, policyName })

/** Throws `InvalidParameter`. */
export function checkName(what: string, form: RegExp, name: string): void {
  if (!form.test(name)) throw invalidName(what, name)
}
