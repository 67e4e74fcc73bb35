/** Which group and stage a request is for: by its Host, or on any other Host by a path that names the group. */
import type { Catalog } from '../catalog.ts'
import type { GroupRecord, Stage } from '../records.ts'
import { stages } from '../records.ts'
import { unknownDomain, unknownStage } from './refusals.ts'

export interface Place {
  group: GroupRecord
  /** Below the base path of the group. */
  rawPath: string
  /** Of a domain that is bound to one. */
  stage: Stage | undefined
}

const GROUP_ID = /^[0-9a-f]{32}$/
/** `/proxy/{groupId}/users/1` */
const BY_PATH = /^\/proxy\/([0-9a-f]{32})(\/.*|)$/

export interface Places {
  /** `host` without a port, in lower case. Throws `ApiError`. */
  find(host: string, rawPath: string): Place
}

export function placesOf(catalog: Catalog): Places {
  let version = -1
  const domains = new Map<string, { group: GroupRecord; stage: Stage | '' }>()

  function domainsNow(): typeof domains {
    if (version !== catalog.version) {
      version = catalog.version
      domains.clear()
      for (const group of catalog.all('groups'))
        for (const { domainName, stage } of group.domains) domains.set(domainName, { group, stage })
    }
    return domains
  }

  return {
    find(host, rawPath) {
      // The vendor's own domains are `{group}-{region}.alicloudapi.com`, ours `{group}.…`.
      const label = host.slice(0, 32)
      const isGroupDomain = GROUP_ID.test(label) && /^[-.]/.test(host.slice(32))
      const byHost = isGroupDomain ? catalog.get('groups', label) : undefined
      if (byHost) return within(byHost, rawPath, undefined)
      const bound = domainsNow().get(host)
      if (bound) return within(bound.group, rawPath, bound.stage || undefined)
      const [, groupId = '', path = ''] = BY_PATH.exec(rawPath) ?? []
      const byPath = isGroupDomain ? undefined : catalog.get('groups', groupId)
      if (byPath) return within(byPath, path || '/', undefined)
      throw unknownDomain(host)
    },
  }
}

function within(group: GroupRecord, rawPath: string, stage: Stage | undefined): Place {
  const { basePath } = group
  if (basePath === '/') return { group, rawPath, stage }
  const isBelow = rawPath === basePath || rawPath.startsWith(`${basePath}/`)
  // Nothing has such a path, and what is found nowhere is worded in one place.
  return { group, rawPath: isBelow ? rawPath.slice(basePath.length) || '/' : '', stage }
}

/** Throws `ApiError`. */
export function stageNamed(header: string | undefined): Stage {
  if (header === undefined || header === '') return 'RELEASE'
  const stage = stages.find((each) => each === header.toUpperCase())
  if (!stage) throw unknownStage()
  return stage
}
