/** What identity refuses. Codes and texts of STS follow the vendor's reference of API 2015-04-01; those of the directory, RAM's. */
import { ApiError } from '../../wire/api-error.ts'

export const wronglyFormed = (parameter: string) =>
  new ApiError(`InvalidParameter.${parameter}`, 400, `The parameter ${parameter} is wrongly formed.`)

export const policyTooLarge = (bytesMax: number) =>
  new ApiError('InvalidParameter.PolicySize', 400, `The Policy must be smaller than ${bytesMax} bytes.`)

export const policyNotGrammatical = () =>
  new ApiError('InvalidParameter.PolicyGrammar', 400, 'The parameter Policy has not passed grammar check.')

export const durationOutOfBounds = (secondsMax: number) =>
  new ApiError(
    'InvalidParameter.DurationSeconds',
    400,
    `The Min/Max value of DurationSeconds is 15min/${secondsMax / 3600}hr.`,
  )

export const rootMayNotAssume = () =>
  new ApiError('NoPermission', 403, 'Roles may not be assumed by root accounts.')

export const notAuthorized = () =>
  new ApiError(
    'NoPermission',
    403,
    'You are not authorized to do this action. You should be authorized by RAM.',
  )

export const roleNotExists = (roleName: string) =>
  new ApiError('EntityNotExist.Role', 404, `The role not exists: ${roleName}.`)

export const noSuchUser = (userName: string) =>
  new ApiError('EntityNotExist.User', 404, `The user does not exist: ${userName}.`)

export const noSuchRole = (roleName: string) =>
  new ApiError('EntityNotExist.Role', 404, `The role does not exist: ${roleName}.`)

export const noSuchPolicy = (policyName: string) =>
  new ApiError('EntityNotExist.Policy', 404, `The policy does not exist: ${policyName}.`)

export const noSuchAccessKey = (accessKeyId: string) =>
  new ApiError('EntityNotExist.User.AccessKey', 404, `The access key does not exist: ${accessKeyId}.`)

export const noSuchGroup = (groupName: string) =>
  new ApiError('EntityNotExist.Group', 404, `The group does not exist: ${groupName}.`)

export const noSuchVersion = (policyName: string, versionId: string) =>
  new ApiError(
    'EntityNotExist.Policy.Version',
    404,
    `The policy version does not exist: ${versionId} of ${policyName}.`,
  )

export const notInGroup = (groupName: string) =>
  new ApiError('EntityNotExist.User.Group', 404, `The user has not joined the group: ${groupName}.`)

export const notAttached = (kind: EntityKind, policyName: string) =>
  new ApiError(
    `EntityNotExist.${kind}.Policy`,
    404,
    `The policy is not attached to the ${kind.toLowerCase()}: ${policyName}.`,
  )

export type EntityKind = 'User' | 'Group' | 'Role'

export const alreadyExists = (kind: EntityKind | 'Policy', name: string) =>
  new ApiError(`EntityAlreadyExists.${kind}`, 409, `The ${kind.toLowerCase()} does already exist: ${name}.`)

export const alreadyInGroup = (groupName: string) =>
  new ApiError('EntityAlreadyExists.User.Group', 409, `The user has already joined the group: ${groupName}.`)

export const alreadyAttached = (kind: EntityKind, policyName: string) =>
  new ApiError(
    `EntityAlreadyExists.${kind}.Policy`,
    409,
    `The ${kind.toLowerCase()} has already been attached this policy: ${policyName}.`,
  )

const conflict = (what: string, message: string) => new ApiError(`DeleteConflict.${what}`, 409, message)

export const userIsInGroups = (userName: string) =>
  conflict('User.Group', `The user CAN NOT be in any group while deleting the user: ${userName}.`)

export const userHasAccessKeys = (userName: string) =>
  conflict('User.AccessKey', `The user CAN NOT has any access key while deleting the user: ${userName}.`)

export const userHasPolicies = (userName: string) =>
  conflict('User.Policy', `The user CAN NOT has any attached policy while deleting the user: ${userName}.`)

export const groupHasMembers = (groupName: string) =>
  conflict('Group.User', `The group CAN NOT has any user member while deleting the group: ${groupName}.`)

export const groupHasPolicies = (groupName: string) =>
  conflict(
    'Group.Policy',
    `The entity CAN NOT has any attached policy while deleting the group: ${groupName}.`,
  )

export const roleHasPolicies = (roleName: string) =>
  conflict('Role.Policy', `The role CAN NOT has any attached policy while deleting the role: ${roleName}.`)

export const policyIsAttached = (kind: EntityKind, policyName: string) =>
  conflict(
    `Policy.${kind}`,
    `The policy CAN NOT been attached to any ${kind.toLowerCase()} while deleting the policy: ${policyName}.`,
  )

export const policyHasVersions = (policyName: string) =>
  conflict('Policy.Version', `The policy CAN NOT has any version except the default version: ${policyName}.`)

export const defaultVersionStays = (versionId: string) =>
  conflict(
    'Policy.Version.Default',
    `The default policy version CAN NOT been deleted directly: ${versionId}.`,
  )

const beyond = {
  User: 'The count of users beyond the current limits.',
  'User.Group': 'The count of groups the target user joined beyond the current limits.',
  'User.Policy': 'The policy count of the user attached policies beyond the current limits.',
  Group: 'The count of groups beyond the current limits.',
  'Group.Policy': 'The policy count of the group beyond the current limits.',
  Role: 'The count of roles beyond the current limits.',
  'Role.Policy': 'The count of policies attached to the role beyond the current limits.',
  Policy: 'The count of policy beyond the current limits.',
  'Policy.Version': 'The count of policy version beyond the current limits.',
} as const

export const limitExceeded = (what: keyof typeof beyond) =>
  new ApiError(`LimitExceeded.${what}`, 409, beyond[what])

export const alreadyHasKeys = (userName: string, most: number) =>
  new ApiError(
    'LimitExceeded.User.AccessKey',
    409,
    `The access key count of the user access keys beyond the current limits: ${userName} has ${most}.`,
  )

export const malformedPolicy = (detail: string) => new ApiError('MalformedPolicyDocument', 400, detail)

export const invalidName = (what: string, name: string) =>
  new ApiError('InvalidParameter', 400, `'${name.slice(0, 200)}' is no name of a ${what}.`)

export const invalidArgument = (message: string) => new ApiError('InvalidParameter', 400, message)

export const rootOnly = () =>
  new ApiError('AccessDenied', 403, 'Only the access key of the account itself may manage identities.')

export const noSuchPath = () =>
  new ApiError('PathNotSupported', 400, 'No operation of the identities has this method and path.')
