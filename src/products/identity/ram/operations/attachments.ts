import { attachPolicy, detachPolicy, type HolderName, requireHolder } from '../../changes/attachments.ts'
import type { Directory } from '../../directory.ts'
import { noSuchPolicy } from '../../errors.ts'
import { roleArn } from '../../names.ts'
import type { Attachment } from '../../records.ts'
import { attachedDocument, attachmentTo } from '../documents.ts'
import { nameIn, policyRefIn, refuseTags } from '../parameters.ts'
import { groupResource, policyResource, roleResource, userResource } from '../resources.ts'
import { operation, type Parameters, type Resource } from '../vocabulary.ts'

const resources = { User: userResource, Group: groupResource, Role: roleResource }

const ofKind = (kind: HolderName['kind']) => {
  const nameOf = (parameters: Parameters): string => nameIn(parameters, `${kind}Name`)
  const holder = (parameters: Parameters, directory: Directory): Resource[] => [
    resources[kind](directory, nameOf(parameters)),
  ]
  const holderAndPolicy = (parameters: Parameters, directory: Directory): Resource[] => [
    ...holder(parameters, directory),
    policyResource(directory, policyRefIn(parameters)),
  ]
  return [
    operation(`AttachPolicyTo${kind}`, holderAndPolicy, async (parameters, directory) => {
      refuseTags(parameters)
      await attachPolicy(directory, { kind, name: nameOf(parameters) }, policyRefIn(parameters))
      return {}
    }),

    operation(`DetachPolicyFrom${kind}`, holderAndPolicy, async (parameters, directory) => {
      refuseTags(parameters)
      await detachPolicy(directory, { kind, name: nameOf(parameters) }, policyRefIn(parameters))
      return {}
    }),

    /** Of a user only those of its own, not those of its groups. */
    operation(`ListPoliciesFor${kind}`, holder, async (parameters, directory) => {
      const { policies } = requireHolder(directory, { kind, name: nameOf(parameters) })
      return { Policies: { Policy: policies.map((one) => attachedDocument(directory, one)) } }
    }),
  ]
}

export const attachmentOperations = [
  ...(['User', 'Group', 'Role'] as const).flatMap(ofKind),

  operation(
    'ListEntitiesForPolicy',
    (parameters, directory) => [policyResource(directory, policyRefIn(parameters))],
    async (parameters, directory, { accountId }) => {
      const ref = policyRefIn(parameters)
      if (directory.textOf(ref) === undefined) throw noSuchPolicy(ref.policyName)
      const having = <Holder extends { policies: readonly Attachment[] }, Shown>(
        holders: readonly Holder[],
        show: (holder: Holder) => Shown,
      ) =>
        holders.flatMap((holder) => {
          const attachment = attachmentTo(holder, ref)
          return attachment ? [{ ...show(holder), AttachDate: attachment.attachedTime }] : []
        })
      return {
        Users: {
          User: having(directory.users(), ({ userId, userName, displayName }) => ({
            UserId: userId,
            UserName: userName,
            DisplayName: displayName,
          })),
        },
        Groups: {
          Group: having(directory.groups(), ({ groupName, comments }) => ({
            GroupName: groupName,
            Comments: comments,
          })),
        },
        Roles: {
          Role: having(directory.roles(), ({ roleId, roleName, description }) => ({
            RoleId: roleId,
            RoleName: roleName,
            Arn: roleArn(accountId, roleName),
            Description: description,
          })),
        },
      }
    },
  ),
]
