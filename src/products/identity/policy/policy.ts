/**
 * The vendor's policy language, read once into a form that is quick to ask. What is not understood is refused when the
 * policy is given: a Deny that was read wrongly would let someone in later.
 */
import { z } from 'zod'
import { type Condition, conditionOf } from './conditions.ts'

export interface Policy {
  statements: readonly Statement[]
}

export interface Statement {
  effect: 'Allow' | 'Deny'
  action: Patterns
  /** Of trust policies undefined: the resource is the role. */
  resource: Patterns | undefined
  /** Of policies of trust and of resources; of the latter, none is everybody. */
  principals: readonly PrincipalPattern[]
  conditions: readonly Condition[]
}

export interface Patterns {
  /** `NotAction`, `NotResource`: all but these. */
  negated: boolean
  patterns: readonly string[]
}

export interface PrincipalPattern {
  /** `Id`, of policies of resources: of an account or a user, `*`, or the ARN of sessions of a role. */
  kind: 'RAM' | 'Service' | 'Federated' | 'Id'
  name: string
}

/** `access`: of a user, a role or a session. `trust`: who may assume a role. `resource`: of a bucket. */
export type PolicyKind = 'access' | 'trust' | 'resource'

/** Characters of a policy; the vendor's number. */
export const POLICY_LENGTH_MAX = 6144
/** The vendor's number is not known. */
export const TRUST_LENGTH_MAX = 4096

export class MalformedPolicy extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'MalformedPolicy'
  }
}

const oneOrMore = z.union([z.string(), z.array(z.string()).min(1)]).transform((given) => [given].flat())
const conditionValues = z
  .union([
    z.string(),
    z.number(),
    z.boolean(),
    z.array(z.union([z.string(), z.number(), z.boolean()])).min(1),
  ])
  .transform((given) => [given].flat().map(String))

const statementSchema = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Action: oneOrMore.optional(),
  NotAction: oneOrMore.optional(),
  Resource: oneOrMore.optional(),
  NotResource: oneOrMore.optional(),
  Principal: z
    .union([
      z.strictObject({
        RAM: oneOrMore.optional(),
        Service: oneOrMore.optional(),
        Federated: oneOrMore.optional(),
      }),
      z.array(z.string()),
    ])
    .optional(),
  Condition: z.record(z.string(), z.record(z.string(), conditionValues)).optional(),
})

const policySchema = z.strictObject({
  Version: z.literal('1'),
  Statement: z.array(statementSchema).min(1),
})

const ACTION = /^(\*|[A-Za-z0-9*?-]+:[A-Za-z0-9_*?./-]+)$/
const RESOURCE = /^(\*|acs:.*|[*?].*)$/s

/** Throws `MalformedPolicy`. */
export function parsePolicy(text: string, kind: PolicyKind): Policy {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    throw new MalformedPolicy('it is not a JSON document')
  }
  const result = policySchema.safeParse(document)
  if (!result.success) {
    const [issue] = result.error.issues
    throw new MalformedPolicy(`${issue?.path.join('.') || 'the document'}: ${issue?.message}`)
  }
  const statements = result.data.Statement.map((statement, index) => {
    const read = statementOf(statement, kind)
    if (typeof read === 'string') throw new MalformedPolicy(`Statement.${index}: ${read}`)
    return read
  })
  return { statements }
}

/** A string says what is wrong. */
function statementOf(given: z.output<typeof statementSchema>, kind: PolicyKind): Statement | string {
  const action = patternsOf(given.Action, given.NotAction)
  if (!action) return 'it needs either Action or NotAction'
  const oddAction = action.patterns.find((pattern) => !ACTION.test(pattern))
  if (oddAction !== undefined) return `'${oddAction}' is no action`

  const resource = patternsOf(given.Resource, given.NotResource)
  const principals = principalsOf(given.Principal)
  if (kind !== 'trust') {
    if (!resource) return 'it needs either Resource or NotResource'
    const oddResource = resource.patterns.find((pattern) => !RESOURCE.test(pattern))
    if (oddResource !== undefined) return `'${oddResource}' is no resource`
    if (kind === 'access' && given.Principal)
      return 'it has a Principal, which only policies of trust and of resources have'
    if (kind === 'resource' && !Array.isArray(given.Principal)) return 'it needs a Principal, which is a list'
  } else {
    if (given.Resource || given.NotResource) return 'it has a Resource, which trust policies have not'
    if (principals.length === 0 || Array.isArray(given.Principal)) return 'it needs a Principal'
  }

  const conditions: Condition[] = []
  for (const [operator, keys] of Object.entries(given.Condition ?? {})) {
    for (const [key, values] of Object.entries(keys)) {
      const condition = key.includes(':') ? conditionOf(operator, key, values) : undefined
      if (!condition) return `the condition ${operator} of '${key}' is not known, or cannot have its value`
      conditions.push(condition)
    }
  }
  return { effect: given.Effect, action, resource, principals, conditions }
}

function principalsOf(given: z.output<typeof statementSchema>['Principal']): PrincipalPattern[] {
  if (Array.isArray(given)) return given.map((name) => ({ kind: 'Id', name }))
  return Object.entries(given ?? {}).flatMap(([kind, names]) =>
    names.map((name) => ({ kind: kind as PrincipalPattern['kind'], name })),
  )
}

/** Undefined: none or both are given. */
function patternsOf(some: string[] | undefined, allBut: string[] | undefined): Patterns | undefined {
  if ((some === undefined) === (allBut === undefined)) return undefined
  return { negated: some === undefined, patterns: some ?? allBut! }
}
