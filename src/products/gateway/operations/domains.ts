import { isIP } from 'node:net'
import { invalid, notFound, notImplemented, quotaExceeded } from '../errors.ts'
import { DOMAINS_OF_GROUP_MAX, type GroupRecord, stages } from '../records.ts'
import { type Call, type Document, groupOf, ofGroup, operation } from '../vocabulary.ts'

/** Whoever has the account may bind any name: where it leads is not ours to say. A name belongs to one group. */
export const setDomain = operation({
  name: 'SetDomain',
  resource: ofGroup,
  handle: (call) =>
    call.catalog.change<Document>(() => {
      const { catalog, parameters } = call
      const group = groupOf(call)
      const domainName = domainIn(call)
      const stage = parameters.oneOf('BindStageName', stages) ?? ''
      if (parameters.boolean('IsHttpRedirectToHttps')) throw notImplemented('IsHttpRedirectToHttps')
      const owner = catalog
        .all('groups')
        .find(({ domains }) => domains.some((each) => each.domainName === domainName))
      if (owner && owner.groupId !== group.groupId && !parameters.boolean('IsForce'))
        throw invalid('DomainName', 'It is bound to another group.')
      const others = group.domains.filter((each) => each.domainName !== domainName)
      if (others.length >= DOMAINS_OF_GROUP_MAX) throw quotaExceeded('Domain', DOMAINS_OF_GROUP_MAX)
      const changed: GroupRecord = { ...group, domains: [...others, { domainName, stage }] }
      return {
        changes: [
          ...(owner && owner.groupId !== group.groupId ? [withoutDomain(owner, domainName)] : []),
          { put: 'groups', value: changed },
        ],
        result: facts(call, group, domainName),
      }
    }),
})

export const deleteDomain = operation({
  name: 'DeleteDomain',
  resource: ofGroup,
  handle: (call) =>
    call.catalog.change<Document>(() => {
      const group = groupOf(call)
      return { changes: [withoutDomain(group, boundName(call, group))], result: {} }
    }),
})

export const describeDomain = operation({
  name: 'DescribeDomain',
  resource: ofGroup,
  handle(call) {
    const group = groupOf(call)
    return facts(call, group, boundName(call, group))
  },
})

const withoutDomain = (group: GroupRecord, domainName: string) => ({
  put: 'groups' as const,
  value: { ...group, domains: group.domains.filter((each) => each.domainName !== domainName) },
})

function domainIn({ parameters }: Call): string {
  const domainName = parameters.required('DomainName').toLowerCase()
  if (domainName.startsWith('*.')) throw notImplemented('domains with *')
  if (
    isIP(domainName) !== 0 ||
    domainName.length > 253 ||
    !/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/.test(domainName)
  )
    throw invalid('DomainName')
  return domainName
}

function boundName(call: Call, group: GroupRecord): string {
  const domainName = domainIn(call)
  if (!group.domains.some((each) => each.domainName === domainName)) throw notFound('Domain')
  return domainName
}

const facts = ({ subDomainOf }: Call, { groupId }: GroupRecord, domainName: string) => ({
  GroupId: groupId,
  DomainName: domainName,
  SubDomain: subDomainOf(groupId),
  DomainBindingStatus: 'BINDING',
  DomainLegalStatus: 'NORMAL',
  DomainCNAMEStatus: 'RESOLVED',
})
