/** The parameters of RAM, checked as its reference has them. */
import { checkedPolicy } from '../policy/checked-policy.ts'
import { POLICY_LENGTH_MAX, TRUST_LENGTH_MAX } from '../policy/policy.ts'
import type { PolicyRef } from '../records.ts'
import { incorrect, invalidChars, outOfRange, wrongFormat, wrongLength } from './errors.ts'
import { missingParameter, notImplemented, type Parameters } from './vocabulary.ts'

/** Characters and the most of them that a name has. */
const names: Readonly<Record<string, readonly [RegExp, number]>> = {
  UserName: [/^[A-Za-z0-9._-]*$/, 64],
  GroupName: [/^[A-Za-z0-9._-]*$/, 64],
  RoleName: [/^[A-Za-z0-9.-]*$/, 64],
  PolicyName: [/^[A-Za-z0-9-]*$/, 128],
}

const COMMENTS_LENGTH_MAX = 128
const DESCRIPTION_LENGTH_MAX = 1024
const DISPLAY_NAME_LENGTH_MAX = 128
/** Of a message's path by RFC 5321. */
const EMAIL_LENGTH_MAX = 254

/** Throws `Missing…` where there is none, or it is empty. */
export function required(parameters: Parameters, name: string): string {
  const value = parameters.get(name)
  if (!value) throw missingParameter(name)
  return value
}

/** `UserName`, `NewUserName`, `GroupName`, … */
export function nameIn(parameters: Parameters, parameter: string): string {
  const name = required(parameters, parameter)
  const [form, lengthMax] = names[parameter.replace(/^New/, '')]!
  if (name.length > lengthMax) throw wrongLength(parameter)
  if (!form.test(name)) throw invalidChars(parameter)
  return name
}

export const newNameIn = (parameters: Parameters, parameter: string): string | undefined =>
  parameters.get(parameter) ? nameIn(parameters, parameter) : undefined

export const commentsIn = (parameters: Parameters, name = 'Comments'): string | undefined =>
  textIn(parameters, name, COMMENTS_LENGTH_MAX)

export const descriptionIn = (parameters: Parameters, name = 'Description'): string | undefined =>
  textIn(parameters, name, DESCRIPTION_LENGTH_MAX)

/** What a user may have beside the name. An update's parameters begin with `New`. Absent is as it was. */
export function profileIn(parameters: Parameters, prefix: '' | 'New' = '') {
  const mobilePhone = parameters.get(`${prefix}MobilePhone`)
  if (mobilePhone && !/^\d{1,4}-\d{4,20}$/.test(mobilePhone)) throw wrongFormat(`${prefix}MobilePhone`)
  const email = parameters.get(`${prefix}Email`)
  if (email && (email.length > EMAIL_LENGTH_MAX || !/^[^\s@]+@[^\s@]+$/.test(email)))
    throw wrongFormat(`${prefix}Email`)
  return defined({
    displayName: textIn(parameters, `${prefix}DisplayName`, DISPLAY_NAME_LENGTH_MAX),
    mobilePhone,
    email,
    comments: commentsIn(parameters, `${prefix}Comments`),
  })
}

/** Without the fields that are undefined. */
export const defined = <T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }

export function policyTypeIn(parameters: Parameters): PolicyRef['policyType'] {
  const type = required(parameters, 'PolicyType')
  if (type !== 'System' && type !== 'Custom') throw incorrect('PolicyType')
  return type
}

export const policyRefIn = (parameters: Parameters): PolicyRef => ({
  policyType: policyTypeIn(parameters),
  policyName: nameIn(parameters, 'PolicyName'),
})

/** JSON, as it was given. */
export const policyDocumentIn = (parameters: Parameters): string =>
  documentIn(parameters, 'PolicyDocument', { kind: 'access', lengthMax: POLICY_LENGTH_MAX })

export const trustIn = (parameters: Parameters, name: string): string =>
  documentIn(parameters, name, { kind: 'trust', lengthMax: TRUST_LENGTH_MAX })

export function versionIdIn(parameters: Parameters): string {
  const versionId = required(parameters, 'VersionId')
  if (!/^v[1-9]\d{0,9}$/.test(versionId)) throw wrongFormat('VersionId')
  return versionId
}

/** Undefined: it is not given. */
export function integerIn(
  parameters: Parameters,
  name: string,
  { min, max }: { min: number; max: number },
): number | undefined {
  const text = parameters.get(name)
  if (!text) return undefined
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= min && value <= max)) throw outOfRange(name, min, max)
  return value
}

export function booleanIn(parameters: Parameters, name: string): boolean {
  const text = parameters.get(name)?.toLowerCase() || 'false'
  if (text !== 'true' && text !== 'false') throw incorrect(name)
  return text === 'true'
}

/** Tags and groups of resources would change what is found and who may; they are not passed over in silence. */
export function refuseTags(parameters: Parameters): void {
  for (const [name, value] of parameters) {
    if ((name === 'Tag' || name.startsWith('Tag.') || name === 'ResourceGroupId') && value !== '')
      throw notImplemented(`the parameter '${name.slice(0, 100)}'`)
  }
}

function textIn(parameters: Parameters, name: string, lengthMax: number): string | undefined {
  const text = parameters.get(name)
  if (text !== undefined && text.length > lengthMax) throw wrongLength(name)
  return text
}

function documentIn(
  parameters: Parameters,
  name: string,
  { kind, lengthMax }: { kind: 'access' | 'trust'; lengthMax: number },
): string {
  const text = required(parameters, name)
  if (text.length > lengthMax) throw wrongLength(name)
  return checkedPolicy(text, kind)
}
