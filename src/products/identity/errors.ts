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

export const deleteConflict = (policyName: string) =>
  new ApiError(
    'DeleteConflict.Policy.Attachment',
    409,
    `The policy is attached to users or roles: ${policyName}.`,
  )

export const tooMany = (what: string, most: number) =>
  new ApiError('LimitExceeded', 409, `An account has at most ${most} ${what}.`)

export const alreadyHasKeys = (userName: string, most: number) =>
  new ApiError(
    'LimitExceeded.User.AccessKey',
    409,
    `The user has ${most} access keys, which is the most there can be: ${userName}.`,
  )

export const malformedPolicy = (detail: string) => new ApiError('MalformedPolicyDocument', 400, detail)

export const invalidName = (what: string, name: string) =>
  new ApiError('InvalidParameter', 400, `'${name.slice(0, 200)}' is no name of a ${what}.`)

export const invalidArgument = (message: string) => new ApiError('InvalidParameter', 400, message)

export const rootOnly = () =>
  new ApiError('AccessDenied', 403, 'Only the access key of the account itself may manage identities.')

export const noSuchPath = () =>
  new ApiError('PathNotSupported', 400, 'No operation of the identities has this method and path.')
