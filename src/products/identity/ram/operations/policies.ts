import {
  createPolicy,
  createPolicyVersion,
  deletePolicy,
  deletePolicyVersion,
  requirePolicy,
  setDefaultPolicyVersion,
  updatePolicyDescription,
} from '../../changes/policies.ts'
import type { Directory } from '../../directory.ts'
import { noSuchPolicy, noSuchVersion } from '../../errors.ts'
import { systemPolicies } from '../../system-policies.ts'
import { attachmentCounts, policyDocument, policyOf, versionDocument, versionsOf } from '../documents.ts'
import { incorrect } from '../errors.ts'
import { pageOf } from '../paging.ts'
import {
  booleanIn,
  defined,
  descriptionIn,
  nameIn,
  policyDocumentIn,
  policyRefIn,
  policyTypeIn,
  refuseTags,
  versionIdIn,
} from '../parameters.ts'
import { policyResource } from '../resources.ts'
import { operation, type Parameters } from '../vocabulary.ts'

/** Of the account's own policies: those of the system nobody changes. */
const customNamed = (parameters: Parameters, directory: Directory) => [
  policyResource(directory, { policyType: 'Custom', policyName: nameIn(parameters, 'PolicyName') }),
]
const policyNamed = (parameters: Parameters, directory: Directory) => [
  policyResource(directory, policyRefIn(parameters)),
]

const ROTATING = 'DeleteOldestNonDefaultVersionWhenLimitExceeded'

export const policyOperations = [
  operation('CreatePolicy', customNamed, async (parameters, directory) => {
    refuseTags(parameters)
    const policy = await createPolicy(directory, {
      policyName: nameIn(parameters, 'PolicyName'),
      policyDocument: policyDocumentIn(parameters),
      ...defined({ description: descriptionIn(parameters) }),
    })
    return { Policy: policyDocument(policy) }
  }),

  operation('GetPolicy', policyNamed, async (parameters, directory) => {
    const ref = policyRefIn(parameters)
    const policy = policyOf(directory, ref)
    const version = versionsOf(directory, ref)?.find(({ IsDefaultVersion }) => IsDefaultVersion)
    if (!policy || !version) throw noSuchPolicy(ref.policyName)
    return {
      Policy: { ...policyDocument(policy), AttachmentCount: attachmentCounts(directory)(ref) },
      DefaultPolicyVersion: version,
    }
  }),

  operation(
    'ListPolicies',
    () => ['policy/*'],
    async (parameters, directory) => {
      refuseTags(parameters)
      const type = parameters.get('PolicyType') ? policyTypeIn(parameters) : undefined
      const custom = type === 'System' ? [] : directory.policies()
      const system =
        type === 'Custom' ? [] : [...systemPolicies.keys()].map((ofTheSystem) => ({ ofTheSystem }))
      const documents = [...custom, ...system].map(policyDocument)
      // A policy of the account may have the name of one of the system's.
      const nameOf = ({ PolicyName, PolicyType }: (typeof documents)[number]) => `${PolicyName} ${PolicyType}`
      const { items, bounds } = pageOf(documents, nameOf, parameters)
      const countOf = attachmentCounts(directory)
      const policies = items.map((policy) => ({
        ...policy,
        AttachmentCount: countOf({
          policyType: policy.PolicyType === 'System' ? 'System' : 'Custom',
          policyName: policy.PolicyName,
        }),
      }))
      return { ...bounds, Policies: { Policy: policies } }
    },
  ),

  operation('UpdatePolicyDescription', customNamed, async (parameters, directory) => {
    const policyName = nameIn(parameters, 'PolicyName')
    const description = descriptionIn(parameters, 'NewDescription') ?? ''
    return { Policy: policyDocument(await updatePolicyDescription(directory, policyName, description)) }
  }),

  operation('DeletePolicy', customNamed, async (parameters, directory) => {
    const withVersions = booleanIn(parameters, 'CascadingDelete')
    await deletePolicy(directory, nameIn(parameters, 'PolicyName'), { withVersions })
    return {}
  }),

  operation('CreatePolicyVersion', customNamed, async (parameters, directory) => {
    const strategy = parameters.get('RotateStrategy') || 'None'
    if (strategy !== 'None' && strategy !== ROTATING) throw incorrect('RotateStrategy')
    const { policy, version } = await createPolicyVersion(directory, nameIn(parameters, 'PolicyName'), {
      policyDocument: policyDocumentIn(parameters),
      isDefault: booleanIn(parameters, 'SetAsDefault'),
      rotates: strategy === ROTATING,
    })
    return { PolicyVersion: versionDocument(version, policy) }
  }),

  operation('GetPolicyVersion', policyNamed, async (parameters, directory) => {
    const ref = policyRefIn(parameters)
    const versions = versionsOf(directory, ref)
    if (!versions) throw noSuchPolicy(ref.policyName)
    const versionId = versionIdIn(parameters)
    const version = versions.find(({ VersionId }) => VersionId === versionId)
    if (!version) throw noSuchVersion(ref.policyName, versionId)
    return { PolicyVersion: version }
  }),

  operation('ListPolicyVersions', policyNamed, async (parameters, directory) => {
    const ref = policyRefIn(parameters)
    const versions = versionsOf(directory, ref)
    if (!versions) throw noSuchPolicy(ref.policyName)
    return { PolicyVersions: { PolicyVersion: versions } }
  }),

  operation('SetDefaultPolicyVersion', customNamed, async (parameters, directory) => {
    const { policyName } = requirePolicy(directory, nameIn(parameters, 'PolicyName'))
    await setDefaultPolicyVersion(directory, policyName, versionIdIn(parameters))
    return {}
  }),

  operation('DeletePolicyVersion', customNamed, async (parameters, directory) => {
    const { policyName } = requirePolicy(directory, nameIn(parameters, 'PolicyName'))
    await deletePolicyVersion(directory, policyName, versionIdIn(parameters))
    return {}
  }),
]
