import { malformedPolicy } from '../errors.ts'
import { MalformedPolicy, type PolicyKind, parsePolicy } from './policy.ts'

/** The text of a policy, if it is one. Throws `MalformedPolicyDocument`. */
export function checkedPolicy(text: string, kind: PolicyKind): string {
  try {
    parsePolicy(text, kind)
  } catch (error) {
    if (error instanceof MalformedPolicy) throw malformedPolicy(error.message)
    throw error
  }
  return text
}
