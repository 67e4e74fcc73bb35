/** The parameters of a session that is asked for, checked as the reference of AssumeRole has them. */
import { durationOutOfBounds, policyNotGrammatical, policyTooLarge, wronglyFormed } from './errors.ts'
import { MalformedPolicy, parsePolicy } from './policy/policy.ts'

const SESSION_NAME = /^[A-Za-z0-9_.@-]{2,64}$/
const SOURCE_IDENTITY = /^[A-Za-z0-9_=,.@-]{2,64}$/
const EXTERNAL_ID = /^[\w+=,.@:/-]{2,1224}$/
const POLICY_BYTES_MAX = 2048

const DURATION_SECONDS_MIN = 900
/** Without DurationSeconds; and the most of a session that another one asks for. */
const DURATION_SECONDS_USUAL = 3600

type Parameters = ReadonlyMap<string, string>

export function sessionNameIn(parameters: Parameters): string {
  const name = parameters.get('RoleSessionName') ?? ''
  if (!SESSION_NAME.test(name)) throw wronglyFormed('RoleSessionName')
  return name
}

/** Without the white space that it came with. */
export function sessionPolicyIn(parameters: Parameters): string | undefined {
  const text = parameters.get('Policy')
  if (!text) return undefined
  if (Buffer.byteLength(text) > POLICY_BYTES_MAX) throw policyTooLarge(POLICY_BYTES_MAX)
  try {
    parsePolicy(text, 'access')
  } catch (error) {
    if (error instanceof MalformedPolicy) throw policyNotGrammatical()
    throw error
  }
  return JSON.stringify(JSON.parse(text))
}

export function sourceIdentityIn(parameters: Parameters): string | undefined {
  return optional(parameters, 'SourceIdentity', SOURCE_IDENTITY)
}

export function externalIdIn(parameters: Parameters): string | undefined {
  return optional(parameters, 'ExternalId', EXTERNAL_ID)
}

/** `isChained`: a session asks, which never gets longer than an hour. */
export function durationSecondsIn(
  parameters: Parameters,
  { roleSecondsMax, isChained }: { roleSecondsMax: number; isChained: boolean },
): number {
  const secondsMax = isChained ? Math.min(roleSecondsMax, DURATION_SECONDS_USUAL) : roleSecondsMax
  const given = parameters.get('DurationSeconds')
  if (!given) return Math.min(DURATION_SECONDS_USUAL, secondsMax)
  const seconds = /^\d{1,9}$/.test(given) ? Number(given) : Number.NaN
  if (!(seconds >= DURATION_SECONDS_MIN && seconds <= secondsMax)) throw durationOutOfBounds(secondsMax)
  return seconds
}

function optional(parameters: Parameters, name: string, form: RegExp): string | undefined {
  const value = parameters.get(name)
  if (!value) return undefined
  if (!form.test(value)) throw wronglyFormed(name)
  return value
}
