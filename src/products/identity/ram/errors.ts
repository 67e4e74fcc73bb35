/** What the RAM API refuses in parameters; codes and texts as in the vendor's list of errors (doc-detail/28754). */
import { ApiError } from '../../../wire/api-error.ts'

export const invalidChars = (parameter: string) =>
  new ApiError(
    `InvalidParameter.${parameter}.InvalidChars`,
    400,
    `The parameter - "${parameter}" contains invalid chars.`,
  )

export const wrongLength = (parameter: string) =>
  new ApiError(
    `InvalidParameter.${parameter}.Length`,
    400,
    `The parameter - "${parameter}" beyond the length limit.`,
  )

export const wrongFormat = (parameter: string) =>
  new ApiError(
    `InvalidParameter.${parameter}.Format`,
    400,
    `The format of the parameter - "${parameter}" is incorrect.`,
  )

export const incorrect = (parameter: string) =>
  new ApiError(`InvalidParameter.${parameter}`, 400, `The parameter - "${parameter}" is incorrect.`)

export const outOfRange = (parameter: string, min: number, max: number) =>
  new ApiError(
    `InvalidParameter.${parameter}.Range`,
    400,
    `The parameter - "${parameter}" MUST be in the range of ${min} and ${max}.`,
  )
