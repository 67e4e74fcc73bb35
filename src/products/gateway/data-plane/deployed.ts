/** The deployed APIs of each group and stage, found by method and path. */
import type { Catalog } from '../catalog.ts'
import type { DeploymentRecord, Stage } from '../records.ts'
import { type RouteTable, routeTable } from './route-table.ts'

export interface Deployed {
  tableOf(groupId: string, stage: Stage): RouteTable<DeploymentRecord>
}

/** A table is made when it is first asked for, and again after a deployment of its group has changed. */
export function deployedIn(catalog: Catalog): Deployed {
  const tables = new Map<string, RouteTable<DeploymentRecord>>()
  let version = -1
  let known: ReadonlyMap<string, readonly DeploymentRecord[]> = new Map()

  function refresh(): void {
    if (version === catalog.version) return
    version = catalog.version
    const now = Map.groupBy(catalog.all('deployments'), ({ groupId, stage }) => `${groupId}/${stage}`)
    for (const key of tables.keys()) if (!isSame(known.get(key), now.get(key))) tables.delete(key)
    known = now
  }

  return {
    tableOf(groupId, stage) {
      refresh()
      const key = `${groupId}/${stage}`
      const made = tables.get(key)
      if (made) return made
      const table = routeTable(
        (known.get(key) ?? []).map((target) => ({
          method: target.definition.requestConfig.RequestHttpMethod,
          path: target.definition.requestConfig.RequestPath,
          target,
        })),
      )
      // Of groups that there are: their number is bounded.
      if (known.has(key)) tables.set(key, table)
      return table
    },
  }
}

const isSame = (
  before: readonly DeploymentRecord[] | undefined,
  now: readonly DeploymentRecord[] | undefined,
): boolean =>
  before !== undefined &&
  now !== undefined &&
  before.length === now.length &&
  before.every((deployment, at) => deployment === now[at])
