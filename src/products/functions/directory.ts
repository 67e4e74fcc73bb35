import type { FunctionRevision } from '../../ports/invocation.ts'
import type { RecordStore } from '../../ports/records.ts'
import type { AliasRecord } from './aliases.ts'
import { type AsyncConfigRecord, type AsyncSettings, asyncSettingsOf } from './async-config.ts'
import { type FunctionRecord, latestRevisionOf, revisionOf } from './function.ts'
import type { HttpTriggerSettings } from './http-trigger.ts'
import {
  aliasKey,
  asyncConfigKey,
  concurrencyKey,
  foldedNamesPrefix,
  functionKey,
  httpTriggersPrefix,
  versionKey,
} from './keys.ts'
import { isVersionId, LATEST } from './names.ts'
import { RecentMap } from './recent-map.ts'
import { TRIGGERS_MAX } from './triggers.ts'
import type { VersionRecord } from './versions.ts'

/** What a name and a qualifier stand for right now. */
export type Resolution =
  | {
      outcome: 'found'
      revision: FunctionRevision
      /** Why invocations are refused, when they are. */
      disabledBecause?: string
    }
  | { outcome: 'functionNotFound' }
  | { outcome: 'versionNotFound' }
  | { outcome: 'aliasNotFound' }

export interface DirectoryOptions {
  region: string
  /** A number from 0 (inclusive) to 1 (exclusive): which version of an alias takes an invocation. */
  random(): number
  /** Functions that are remembered. */
  functionsMax?: number
  /** Called after every write to a function or to what belongs to it. */
  changed?(accountId: string, functionName: string): void
}

/**
 * Name + qualifier → revision, from memory. It is on the path of every invocation, so what is remembered is answered
 * without waiting (`…Cached`, undefined: not remembered); the rest is read from the records.
 * Every write of this product forgets the function it changed (`forget`). Another node's writes have to be announced to it.
 */
export class FunctionDirectory {
  readonly #records: RecordStore
  readonly #region: string
  readonly #random: () => number
  readonly #changed: (accountId: string, functionName: string) => void
  readonly #functions: RecentMap<string, KnownFunction>
  /** Names as given in another case → as created. */
  readonly #names: RecentMap<string, string>
  /** Reads under way, so that a name that many ask for is read once. */
  readonly #reads = new Map<string, Promise<KnownFunction | undefined>>()

  constructor(
    records: RecordStore,
    { region, random, functionsMax = 1000, changed = () => {} }: DirectoryOptions,
  ) {
    this.#changed = changed
    this.#records = records
    this.#region = region
    this.#random = random
    this.#functions = new RecentMap(functionsMax)
    this.#names = new RecentMap(functionsMax)
  }

  resolveCached(accountId: string, functionName: string, qualifier: string): Resolution | undefined {
    const known = this.#functions.get(cacheKey(accountId, functionName))
    const target = known?.targets.get(qualifier)
    return known && target ? this.#choose(known, target) : undefined
  }

  async resolve(accountId: string, functionName: string, qualifier: string): Promise<Resolution> {
    const known = await this.#known(accountId, functionName)
    if (!known) return { outcome: 'functionNotFound' }
    let target = known.targets.get(qualifier)
    if (!target) {
      const read = await this.#readTarget(accountId, functionName, qualifier)
      if (typeof read === 'string') return { outcome: read }
      target = read
      known.targets.set(qualifier, target)
    }
    return this.#choose(known, target)
  }

  /** What instances are kept ready of: of an alias with weights, its main version. Undefined when there is none. */
  async mainRevision(
    accountId: string,
    functionName: string,
    qualifier: string,
  ): Promise<FunctionRevision | undefined> {
    const known = await this.#known(accountId, functionName)
    const target = known?.targets.get(qualifier)
    if (!known || target) return target?.main
    const read = await this.#readTarget(accountId, functionName, qualifier)
    if (typeof read === 'string') return undefined
    known.targets.set(qualifier, read)
    return read.main
  }

  /** The trigger that the edge serves under this name. Case is ignored where it does not make a difference. */
  findHttpTriggerCached(
    accountId: string,
    functionName: string,
    qualifier: string,
  ): HttpTriggerSettings | undefined {
    const known = this.#functions.get(cacheKey(accountId, this.#nameCached(accountId, functionName)))
    return known && httpTriggerOf(known, qualifier)
  }

  async findHttpTrigger(
    accountId: string,
    functionName: string,
    qualifier: string,
  ): Promise<HttpTriggerSettings | undefined> {
    const name = await this.#name(accountId, functionName)
    const known = name === undefined ? undefined : await this.#known(accountId, name)
    return known && httpTriggerOf(known, qualifier)
  }

  /**
   * The cap on concurrent instances of a function. `{ limit: undefined }`: it has none; undefined: not remembered
   * (it is right after a `resolve`).
   */
  reservedConcurrencyCached(
    accountId: string,
    functionName: string,
  ): { limit: number | undefined } | undefined {
    const known = this.#functions.get(cacheKey(accountId, functionName))
    return known && { limit: known.reservedConcurrency }
  }

  async reservedConcurrencyOf(accountId: string, functionName: string): Promise<number | undefined> {
    return (await this.#known(accountId, functionName))?.reservedConcurrency
  }

  /** How asynchronous invocations of a qualifier are carried out. Read from the records each time. */
  async asyncSettingsOf(accountId: string, functionName: string, qualifier: string): Promise<AsyncSettings> {
    const key = asyncConfigKey(accountId, functionName, qualifier)
    return asyncSettingsOf((await this.#records.get<AsyncConfigRecord>(key))?.value)
  }

  /** To be called after every write to a function or to what belongs to it. */
  forget(accountId: string, functionName: string): void {
    const key = cacheKey(accountId, functionName)
    this.#functions.delete(key)
    this.#names.delete(cacheKey(accountId, functionName.toLowerCase()))
    // A read under way may have seen the state before: it is answered to those who wait for it, but not remembered.
    this.#reads.delete(key)
    this.#changed(accountId, functionName)
  }

  get rememberedFunctions(): number {
    return this.#functions.size
  }

  async #known(accountId: string, functionName: string): Promise<KnownFunction | undefined> {
    const key = cacheKey(accountId, functionName)
    const remembered = this.#functions.get(key)
    if (remembered) return remembered
    const underWay = this.#reads.get(key)
    if (underWay) return underWay
    const read = this.#read(accountId, functionName)
    this.#reads.set(key, read)
    try {
      const known = await read
      if (known && this.#reads.get(key) === read) this.#functions.set(key, known)
      return known
    } finally {
      if (this.#reads.get(key) === read) this.#reads.delete(key)
    }
  }

  async #read(accountId: string, functionName: string): Promise<KnownFunction | undefined> {
    const stored = await this.#records.get<FunctionRecord>(functionKey(accountId, functionName))
    if (!stored) return undefined
    const [concurrency, httpTriggers] = await Promise.all([
      this.#records.get<{ reservedConcurrency: number }>(concurrencyKey(accountId, functionName)),
      this.#records.list<HttpTriggerSettings>({
        prefix: httpTriggersPrefix(accountId, functionName),
        limit: TRIGGERS_MAX,
      }),
    ])
    const latest = latestRevisionOf(stored.value, { region: this.#region, accountId })
    const { restriction, latestDeleted } = stored.value
    const targets = new RecentMap<string, Target>(TARGETS_MAX)
    return {
      targets: latestDeleted ? targets : targets.set(LATEST, { main: latest }),
      reservedConcurrency: concurrency?.value.reservedConcurrency,
      httpTriggers: httpTriggers.map(({ value }) => value),
      disabledBecause: restriction?.disable ? restriction.reason : undefined,
    }
  }

  async #readTarget(
    accountId: string,
    functionName: string,
    qualifier: string,
  ): Promise<Target | 'functionNotFound' | 'versionNotFound' | 'aliasNotFound'> {
    const version = async (versionId: string): Promise<FunctionRevision | undefined> => {
      const stored = await this.#records.get<VersionRecord>(versionKey(accountId, functionName, versionId))
      return stored && revisionOf(stored.value.state, versionId, { region: this.#region, accountId })
    }
    // Of a function that only versions of its service still have.
    if (qualifier === LATEST) return 'versionNotFound'
    if (isVersionId(qualifier)) {
      const main = await version(qualifier)
      return main ? { main } : 'versionNotFound'
    }
    // Between reading an alias and its versions it may be moved, and the version that it named be deleted.
    for (let attempt = 0; attempt < ALIAS_READS_MAX; attempt++) {
      const alias = await this.#records.get<AliasRecord>(aliasKey(accountId, functionName, qualifier))
      if (!alias) return 'aliasNotFound'
      const main = await version(alias.value.versionId)
      if (!main) continue
      const [[additionalId, weight] = []] = Object.entries(alias.value.additionalVersionWeight)
      if (additionalId === undefined || !weight) return { main }
      const additional = await version(additionalId)
      if (additional) return { main, additional: { revision: additional, weight } }
    }
    return 'versionNotFound'
  }

  #choose({ disabledBecause }: KnownFunction, { main, additional }: Target): Resolution {
    const revision = additional && this.#random() < additional.weight ? additional.revision : main
    return disabledBecause === undefined
      ? { outcome: 'found', revision }
      : { outcome: 'found', revision, disabledBecause }
  }

  #nameCached(accountId: string, given: string): string {
    if (this.#functions.get(cacheKey(accountId, given))) return given
    return this.#names.get(cacheKey(accountId, given.toLowerCase())) ?? given
  }

  /** The function of exactly this name, else the only one that differs in case. */
  async #name(accountId: string, given: string): Promise<string | undefined> {
    if (await this.#known(accountId, given)) return given
    const folded = cacheKey(accountId, given.toLowerCase())
    const remembered = this.#names.get(folded)
    if (remembered && (await this.#known(accountId, remembered))) return remembered
    const prefix = foldedNamesPrefix(accountId, given)
    const alike = await this.#records.list({ prefix, limit: 2 })
    if (alike.length !== 1) return undefined
    const name = alike[0]!.key.slice(prefix.length)
    this.#names.set(folded, name)
    return name
  }
}

/** Versions and aliases that are remembered of one function. */
const TARGETS_MAX = 8
/** An alias names versions that exist, so one read more is nearly always enough. */
const ALIAS_READS_MAX = 5

interface KnownFunction {
  targets: RecentMap<string, Target>
  reservedConcurrency: number | undefined
  httpTriggers: readonly HttpTriggerSettings[]
  disabledBecause: string | undefined
}

interface Target {
  main: FunctionRevision
  additional?: { revision: FunctionRevision; weight: number }
}

const cacheKey = (accountId: string, functionName: string): string => `${accountId}/${functionName}`

function httpTriggerOf({ httpTriggers }: KnownFunction, qualifier: string): HttpTriggerSettings | undefined {
  const exact = httpTriggers.find((trigger) => trigger.qualifier === qualifier)
  if (exact) return exact
  const folded = qualifier.toLowerCase()
  const alike = httpTriggers.filter((trigger) => trigger.qualifier.toLowerCase() === folded)
  return alike.length === 1 ? alike[0] : undefined
}
