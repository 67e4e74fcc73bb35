import { z } from 'zod'
import { deletePolicy, putPolicy, requirePolicy } from '../changes/policies.ts'
import { malformedPolicy } from '../errors.ts'
import { POLICY_NAME } from '../names.ts'
import { checkedPolicy } from '../policy/checked-policy.ts'
import { POLICY_LENGTH_MAX, type PolicyKind } from '../policy/policy.ts'
import { defaultVersionOf, type PolicyRecord } from '../records.ts'
import { systemPolicies } from '../system-policies.ts'
import { checkName, json, jsonReply, none, operation } from './vocabulary.ts'

export const policyOperations = [
  operation({
    name: 'PutPolicy',
    route: 'PUT /hanshu/identity/policies/{policyName}',
    body: json(z.strictObject({ policyDocument: z.unknown() })),

    async handle({ path: { policyName }, body }, { directory }) {
      checkName('policy', POLICY_NAME, policyName)
      const text = policyText(body.policyDocument, 'access', POLICY_LENGTH_MAX)
      return jsonReply(200, policyDocument(await putPolicy(directory, policyName, text)))
    },
  }),

  operation({
    name: 'GetPolicy',
    route: 'GET /hanshu/identity/policies/{policyName}',
    body: none,

    async handle({ path: { policyName } }, { directory }) {
      return jsonReply(200, policyDocument(requirePolicy(directory, policyName)))
    },
  }),

  operation({
    name: 'ListPolicies',
    route: 'GET /hanshu/identity/policies',
    body: none,

    async handle(_, { directory }) {
      const custom = directory.policies().map(({ policyName }) => ({ policyType: 'Custom', policyName }))
      const system = [...systemPolicies.keys()].map((policyName) => ({ policyType: 'System', policyName }))
      return jsonReply(200, { policies: [...custom, ...system] })
    },
  }),

  operation({
    name: 'DeletePolicy',
    route: 'DELETE /hanshu/identity/policies/{policyName}',
    body: none,

    async handle({ path: { policyName } }, { directory }) {
      await deletePolicy(directory, policyName, { withVersions: true })
      return { status: 204 }
    },
  }),
]

const policyDocument = (policy: PolicyRecord) => ({
  policyName: policy.policyName,
  policyDocument: defaultVersionOf(policy).policyDocument,
  defaultVersionId: policy.defaultVersionId,
  createdTime: policy.createdTime,
})

/** A policy comes as an object, or as its JSON in a string, as RAM's API takes it. Throws `MalformedPolicyDocument`. */
export function policyText(given: unknown, kind: PolicyKind, lengthMax: number): string {
  const text = typeof given === 'string' ? given : JSON.stringify(given ?? null)
  if (text.length > lengthMax) throw malformedPolicy(`the policy is longer than ${lengthMax} characters`)
  return checkedPolicy(text, kind)
}
