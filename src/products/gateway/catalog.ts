/**
 * Groups, APIs, apps and policies: all in memory, since every request asks for them, and in the records, which come first.
 * Their numbers are bounded (`records.ts`). Changes are made one after the other, so that what one of them looked at still
 * holds when it writes.
 */
import type { RecordStore, Write } from '../../ports/records.ts'
import {
  type AppRecord,
  authorityId,
  type BindingRecord,
  bindingId,
  deploymentId,
  idOf,
  recordKey,
  type Stage,
  type Tables,
  tablePrefix,
} from './records.ts'

type Rows = { [Table in keyof Tables]: Map<string, Tables[Table]> }

export type Change =
  | { [Table in keyof Tables]: { put: Table; value: Tables[Table] } }[keyof Tables]
  | { remove: keyof Tables; id: string }
  /** Of a record that is not kept in memory. */
  | { raw: Write }

const PAGE = 1000

export class Catalog {
  readonly #records: RecordStore
  readonly #rows: Rows
  readonly #appsByKey = new Map<string, { app: AppRecord; appSecret: string }>()
  readonly #appsByCode = new Map<string, AppRecord>()
  #changes: Promise<unknown> = Promise.resolve()
  #version = 0

  static async open(records: RecordStore): Promise<Catalog> {
    const rows = Object.fromEntries(
      await Promise.all(
        (Object.keys(idOf) as (keyof Tables)[]).map(async (table) => [table, await load(records, table)]),
      ),
    ) as unknown as Rows
    return new Catalog(records, rows)
  }

  private constructor(records: RecordStore, rows: Rows) {
    this.#records = records
    this.#rows = rows
    this.#indexApps()
  }

  /** Another after every change: what was concluded from the catalog holds while it is the same. */
  get version(): number {
    return this.#version
  }

  get<Table extends keyof Tables>(table: Table, id: string): Tables[Table] | undefined {
    return this.#rows[table].get(id)
  }

  all<Table extends keyof Tables>(table: Table): Tables[Table][] {
    return [...this.#rows[table].values()] as Tables[Table][]
  }

  count = (table: keyof Tables): number => this.#rows[table].size

  deployment = (apiId: string, stage: Stage) => this.get('deployments', deploymentId(apiId, stage))
  authority = (apiId: string, stage: Stage, appId: number) =>
    this.get('authorities', authorityId(apiId, stage, appId))
  binding = (apiId: string, stage: Stage, kind: BindingRecord['kind']) =>
    this.get('bindings', bindingId(apiId, stage, kind))
  appByKey = (appKey: string) => this.#appsByKey.get(appKey)
  appByCode = (appCode: string) => this.#appsByCode.get(appCode)

  /** What `work` answers is durable, all or nothing, before it counts; the result is that of `work`. */
  change<Result>(work: () => Promise<Planned<Result>> | Planned<Result>): Promise<Result> {
    const done = this.#changes.then(async () => {
      const { changes, result } = await work()
      if (changes.length > 0) {
        await this.#records.commit(changes.map(writeOf))
        for (const change of changes) this.#apply(change)
        this.#version++
        if (changes.some((change) => 'put' in change && change.put === 'apps') || removesApps(changes))
          this.#indexApps()
      }
      return result
    })
    // The next change does not depend on this one's success; its own caller is told of it.
    this.#changes = done.catch(() => {})
    return done
  }

  #apply(change: Change): void {
    if ('put' in change) {
      const rows = this.#rows[change.put] as Map<string, unknown>
      rows.set((idOf[change.put] as (record: unknown) => string)(change.value), change.value)
    } else if ('remove' in change) this.#rows[change.remove].delete(change.id)
  }

  #indexApps(): void {
    this.#appsByKey.clear()
    this.#appsByCode.clear()
    for (const app of this.#rows.apps.values()) {
      for (const { appKey, appSecret } of app.keys) this.#appsByKey.set(appKey, { app, appSecret })
      for (const { appCode } of app.codes) this.#appsByCode.set(appCode, app)
    }
  }
}

export interface Planned<Result> {
  changes: readonly Change[]
  result: Result
}

const removesApps = (changes: readonly Change[]): boolean =>
  changes.some((change) => 'remove' in change && change.remove === 'apps')

function writeOf(change: Change): Write {
  if ('raw' in change) return change.raw
  if ('remove' in change) return { remove: recordKey(change.remove, change.id) }
  const id = (idOf[change.put] as (record: unknown) => string)(change.value)
  return { put: recordKey(change.put, id), value: change.value }
}

async function load<Table extends keyof Tables>(
  records: RecordStore,
  table: Table,
): Promise<Map<string, Tables[Table]>> {
  const rows = new Map<string, Tables[Table]>()
  const prefix = tablePrefix(table)
  let after: string | undefined
  for (;;) {
    const page = await records.list<Tables[Table]>({
      prefix,
      limit: PAGE,
      ...(after === undefined ? {} : { after }),
    })
    for (const { key, value } of page) rows.set(key.slice(prefix.length), value)
    if (page.length < PAGE) return rows
    after = page.at(-1)!.key
  }
}
