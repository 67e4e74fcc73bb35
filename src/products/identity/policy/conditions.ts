/**
 * Conditions of a policy: `{ operator: { key: values } }`. The values of one key are alternatives, all keys and all
 * operators must hold. A negated operator is the exact opposite of its positive one, so it holds where the request has
 * no such key: a Deny by `NotIpAddress` then denies who hides an address.
 */
import { BlockList, isIP } from 'node:net'
import { matchesWildcard } from './wildcard.ts'

/** What is known of a request, by condition key (`acs:SourceIp`, `oss:Prefix`). Case of the keys does not matter. */
export type ConditionContext = Readonly<Record<string, string | readonly string[] | undefined>>

export interface Condition {
  /** In lower case. */
  key: string
  negated: boolean
  matches(actual: string): boolean
}

/** Undefined: no such operator, or a value that it cannot take. */
export function conditionOf(operator: string, key: string, values: readonly string[]): Condition | undefined {
  const known = Object.hasOwn(operators, operator) ? operators[operator] : undefined
  if (!known) return undefined
  const tests: ((actual: string) => boolean)[] = []
  for (const value of values) {
    const test = known.test(value)
    if (!test) return undefined
    tests.push(test)
  }
  return {
    key: key.toLowerCase(),
    negated: known.negated === true,
    matches: (actual) => tests.some((test) => test(actual)),
  }
}

/** Whether all hold. `context` has its keys in lower case. */
export const allHold = (conditions: readonly Condition[], context: ConditionContext): boolean =>
  conditions.every(({ key, negated, matches }) => {
    const actual = Object.hasOwn(context, key) ? context[key] : undefined
    const found =
      actual !== undefined &&
      (typeof actual === 'string' ? matches(actual) : actual.some((one) => matches(one)))
    return found !== negated
  })

/** What a product knows of a request, and what holds for all of them. */
export const contextAt = (nowMs: number, known: ConditionContext = {}): ConditionContext => ({
  ...known,
  'acs:CurrentTime': new Date(nowMs).toISOString(),
  // Nobody has a second factor here.
  'acs:MFAPresent': 'false',
})

export const lowerCased = (context: ConditionContext): ConditionContext =>
  Object.fromEntries(Object.entries(context).map(([key, value]) => [key.toLowerCase(), value]))

interface Operator {
  negated?: true
  /** The test for one value of the policy; undefined: it is none for this operator. */
  test(value: string): ((actual: string) => boolean) | undefined
}

type Test = Operator['test']

const equals: Test = (value) => (actual) => actual === value
const equalsIgnoringCase: Test = (value) => {
  const folded = value.toLowerCase()
  return (actual) => actual.toLowerCase() === folded
}
const like: Test = (value) => (actual) => matchesWildcard(value, actual)

const bool: Test = (value) => {
  const wanted = value.toLowerCase()
  if (wanted !== 'true' && wanted !== 'false') return undefined
  return (actual) => actual.toLowerCase() === wanted
}

const compared =
  (read: (text: string) => number, holds: (actual: number, value: number) => boolean): Test =>
  (value) => {
    const wanted = read(value)
    // Comparisons with NaN do not hold, so an actual value that is none matches nothing.
    return Number.isNaN(wanted) ? undefined : (actual) => holds(read(actual), wanted)
  }

const DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i
const numberIn = (text: string): number => (DECIMAL.test(text) ? Number(text) : Number.NaN)

const ISO_TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d))?$/
const timeIn = (text: string): number => (ISO_TIME.test(text) ? Date.parse(text) : Number.NaN)

const comparisons: Readonly<Record<string, (actual: number, value: number) => boolean>> = {
  Equals: (actual, value) => actual === value,
  LessThan: (actual, value) => actual < value,
  LessThanEquals: (actual, value) => actual <= value,
  GreaterThan: (actual, value) => actual > value,
  GreaterThanEquals: (actual, value) => actual >= value,
}

/** Addresses are compared as addresses, so that IPv4 in an IPv6 socket (`::ffff:10.0.0.1`) is what it is. */
const ipAddress: Test = (value) => {
  const [address = '', prefix, ...rest] = value.split('/')
  const family = isIP(address)
  const bits = family === 6 ? 128 : 32
  if (family === 0 || rest.length > 0) return undefined
  if (prefix !== undefined && !(/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits)) return undefined
  const list = new BlockList()
  const kind = family === 6 ? 'ipv6' : 'ipv4'
  list.addSubnet(address, prefix === undefined ? bits : Number(prefix), kind)
  return (actual) => {
    const plain =
      actual.toLowerCase().startsWith('::ffff:') && actual.includes('.') ? actual.slice(7) : actual
    const actualFamily = isIP(plain)
    return actualFamily !== 0 && list.check(plain, actualFamily === 6 ? 'ipv6' : 'ipv4')
  }
}

const operators: Readonly<Record<string, Operator>> = {
  StringEquals: { test: equals },
  StringNotEquals: { test: equals, negated: true },
  StringEqualsIgnoreCase: { test: equalsIgnoringCase },
  StringNotEqualsIgnoreCase: { test: equalsIgnoringCase, negated: true },
  StringLike: { test: like },
  StringNotLike: { test: like, negated: true },
  ...ofKind('Numeric', numberIn),
  ...ofKind('Date', timeIn),
  Bool: { test: bool },
  IpAddress: { test: ipAddress },
  NotIpAddress: { test: ipAddress, negated: true },
}

function ofKind(kind: 'Numeric' | 'Date', read: (text: string) => number): Record<string, Operator> {
  const found = Object.entries(comparisons).map(
    ([name, holds]) => [`${kind}${name}`, { test: compared(read, holds) }] as const,
  )
  return {
    ...Object.fromEntries(found),
    [`${kind}NotEquals`]: { test: compared(read, comparisons['Equals']!), negated: true },
  }
}
