/** Event rules as the control plane is given and tells them. */
import { booleanOf } from '../document.ts'
import { invalidArgument, notImplemented } from '../errors.ts'
import type { EventRuleRecord, MatchRule, RuleEndpoint } from '../event-rule.ts'
import { isName } from '../names.ts'
import { jsonOf, objectOf, type Parameters, requireParameter, textOf } from './parameters.ts'

/** In all of a rule; the vendor tells no numbers. */
const MATCH_RULES_MAX = 100
const EVENT_TYPES_MAX = 100
/** A bucket's name, a slash and an object's. */
const PLACE_LENGTH_MAX = 63 + 1 + 1023

/** What Object Storage tells of; of the vendor's others nobody would hear. */
const known: Readonly<Record<string, readonly string[]>> = {
  ObjectCreated: [
    'PutObject',
    'PostObject',
    'CompleteMultipartUpload',
    'PutSymlink',
    'CopyObject',
    'AppendObject',
    'InitiateMultipartUpload',
    'UploadPart',
    'UploadPartCopy',
    '*',
  ],
  ObjectRemoved: ['DeleteObject', 'DeleteObjects', 'AbortMultipartUpload', '*'],
  ObjectModified: ['UpdateObjectMeta', '*'],
}

const endpointFields = ['EndpointType', 'EndpointValue']

export function requireProduct(parameters: Parameters): void {
  const product = requireParameter(parameters, 'ProductName')
  if (product !== 'oss') throw notImplemented(`events of the product '${product.slice(0, 40)}'`)
}

/** Throws InvalidArgument, NotImplemented. */
export function readEventTypes(parameters: Parameters): string[] {
  const types = listIn(parameters, 'EventTypes', EVENT_TYPES_MAX)
  return types.map((value) => {
    const type = textOf(value, 'EventTypes')
    const [, group = '', name = ''] = /^(?:oss:)?(Object\w+):(\w+|\*)$/.exec(type) ?? []
    if (group === '') throw invalidArgument(`The event type '${type.slice(0, 100)}' is not valid.`)
    if (!Object.hasOwn(known, group) || !known[group]?.includes(name))
      throw notImplemented(`events of the type '${group}:${name}'`)
    return `${group}:${name}`
  })
}

/** Lists of which one has to fit, each in all that is in it. Throws InvalidArgument. */
export function readMatchRules(parameters: Parameters): MatchRule[][] {
  const lists = listIn(parameters, 'MatchRules', MATCH_RULES_MAX)
  return lists.map((list) => {
    if (!Array.isArray(list) || list.length === 0 || list.length > MATCH_RULES_MAX)
      throw invalidArgument('The value of MatchRules should be a list of lists.')
    return list.map(readMatchRule)
  })
}

function readMatchRule(value: unknown): MatchRule {
  if (typeof value !== 'object' || value === null)
    throw invalidArgument('A rule of MatchRules should be an object.')
  const fields = new Map(Object.entries(value).filter(([, field]) => field !== null && field !== ''))
  for (const field of fields.keys()) {
    if (!['MatchState', 'Name', 'Prefix', 'Suffix'].includes(field))
      throw notImplemented(`the field '${field.slice(0, 40)}' of MatchRules`)
  }
  const text = (field: string): string | undefined => {
    const given: unknown = fields.get(field)
    if (given === undefined) return undefined
    if (typeof given !== 'string' || given.length > PLACE_LENGTH_MAX)
      throw invalidArgument(`The value of ${field} is not valid.`)
    return given
  }
  const name = text('Name')
  const prefix = text('Prefix')
  const suffix = text('Suffix')
  // "If you specify this parameter, you cannot specify other parameters."
  if (name === undefined ? prefix === undefined && suffix === undefined : (prefix ?? suffix))
    throw invalidArgument('A rule of MatchRules has a Name, or a Prefix, a Suffix or both.')
  return {
    matchState: booleanOf(textOf(fields.get('MatchState') ?? true, 'MatchState'), 'MatchState'),
    ...(name === undefined ? {} : { name }),
    ...(prefix === undefined ? {} : { prefix }),
    ...(suffix === undefined ? {} : { suffix }),
  }
}

/** `Endpoint`, or the one of the older `Endpoints`. Throws `ApiError`. */
export function readEndpoint(parameters: Parameters): RuleEndpoint {
  const older = parameters.get('Endpoints')
  if (older) {
    const list = jsonOf(older)
    if (!Array.isArray(list) || list.length !== 1 || parameters.get('Endpoint'))
      throw notImplemented('more than one endpoint of an event rule')
    return readEndpoint(new Map([['Endpoint', JSON.stringify(list[0])]]))
  }
  const fields = objectOf(parameters, 'Endpoint', endpointFields)
  if (!fields) throw invalidArgument('Endpoint is mandatory.')
  const type = fields.get('EndpointType') ?? ''
  const name = fields.get('EndpointValue') ?? ''
  if (type === 'http') throw notImplemented('event rules with an endpoint of HTTP; a topic pushes to one')
  if ((type !== 'queue' && type !== 'topic') || !isName(name))
    throw invalidArgument('The value of Endpoint should be a queue or a topic.')
  return { type, name }
}

/** What a list is to be about. */
export function endpointWanted(parameters: Parameters): (rule: EventRuleRecord) => boolean {
  const fields = objectOf(parameters, 'Subscription', endpointFields)
  const topicName = parameters.get('TopicName')
  const type = fields?.get('EndpointType')
  const value = fields?.get('EndpointValue')
  return ({ endpoint }) =>
    (!type || endpoint.type === type) &&
    (!value || endpoint.name === value) &&
    (!topicName || (endpoint.type === 'topic' && endpoint.name === topicName))
}

export function describeEventRule({ name, eventTypes, matchRules, endpoint }: EventRuleRecord) {
  const described = { EndpointType: endpoint.type, EndpointValue: endpoint.name }
  return {
    RuleName: name,
    EventTypes: eventTypes.map((type) => `oss:${type}`),
    MatchRules: matchRules.map((all) =>
      all.map((rule) => ({
        MatchState: rule.matchState,
        Name: rule.name,
        Prefix: rule.prefix,
        Suffix: rule.suffix,
      })),
    ),
    Endpoint: described,
    Subscriptions: [described],
    ...(endpoint.type === 'topic' ? { TopicName: endpoint.name } : {}),
  }
}

function listIn(parameters: Parameters, name: string, max: number): unknown[] {
  const list = jsonOf(requireParameter(parameters, name))
  if (!Array.isArray(list) || list.length === 0 || list.length > max)
    throw invalidArgument(`The value of ${name} should be a JSON array of 1 to ${max}.`)
  return list
}
