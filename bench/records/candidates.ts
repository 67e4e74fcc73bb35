import { open as openFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { GroupCommit } from '../../src/drivers/embedded/group-commit.ts'
import { sqliteRecordStore } from '../../src/drivers/embedded/records.ts'
import type { OpenEngine } from './engine.ts'

interface Put {
  key: string
  json: string
}

/** The driver of the platform: a thread writes, the platform's thread reads. */
const sqliteThread: OpenEngine = async (folder) => {
  const store = await sqliteRecordStore({ file: join(folder, 'records.db') })
  return {
    commit: (put, value) => store.commit([{ put, value }, { check: 'parent', expect: 'absent' }]), // biome-ignore format: one line
    get: (key) => store.get(key),
    list: (prefix, limit) => store.list({ prefix, limit }) as unknown as unknown[],
    close: () => store.close(),
  }
}

/** The same database on the platform's own thread, with the same groups: what the thread costs and saves. */
const sqliteInThread: OpenEngine = async (folder) => {
  const database = new DatabaseSync(join(folder, 'records.db'))
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384;
    CREATE TABLE IF NOT EXISTS records (key TEXT PRIMARY KEY, version INTEGER, value TEXT) STRICT, WITHOUT ROWID`)
  const versionOf = database.prepare('SELECT version FROM records WHERE key = ?')
  const put = database.prepare('INSERT OR REPLACE INTO records VALUES (?, ?, ?)')
  const get = database.prepare('SELECT version, value FROM records WHERE key = ?')
  const list = database.prepare('SELECT * FROM records WHERE key >= ? AND key < ? ORDER BY key LIMIT ?')
  let version = 0
  const groups = new GroupCommit<Put, void>(async (jobs) => {
    database.exec('BEGIN IMMEDIATE')
    for (const { key, json } of jobs) {
      versionOf.get('parent')
      put.run(key, ++version, json)
    }
    database.exec('COMMIT')
    return jobs.map(() => undefined)
  })
  return {
    commit: (key, value) => groups.submit({ key, json: JSON.stringify(value) }, 500),
    async get(key) {
      return JSON.parse((get.get(key) as { value: string }).value)
    },
    list: (prefix, limit) =>
      list.all(prefix, `${prefix}\u{10ffff}`, limit).map((row) => JSON.parse(row['value'] as string)),
    close: async () => database.close(),
  }
}

/** A log of lines that is read into memory at start: the least that can be durable. It is never compacted here. */
const log: OpenEngine = async (folder) => {
  const path = join(folder, 'records.log')
  const records = new Map<string, string>()
  const written = await readFile(path, 'utf8').catch(() => '')
  for (const line of written.split('\n')) {
    const tab = line.indexOf('\t')
    if (tab > 0) records.set(line.slice(0, tab), line.slice(tab + 1))
  }
  let sorted: string[] | undefined
  const file = await openFile(path, 'a')
  const groups = new GroupCommit<Put, void>(async (jobs) => {
    await file.write(jobs.map(({ key, json }) => `${key}\t${json}\n`).join(''))
    await file.datasync()
    for (const { key, json } of jobs) {
      if (!records.has(key)) sorted = undefined
      records.set(key, json)
    }
    return jobs.map(() => undefined)
  })
  return {
    commit: (key, value) => groups.submit({ key, json: JSON.stringify(value) }, 500),
    async get(key) {
      return JSON.parse(records.get(key)!)
    },
    list(prefix, limit) {
      sorted ??= [...records.keys()].sort()
      const found: unknown[] = []
      for (let at = sorted.findIndex((key) => key >= prefix); found.length < limit; at++) {
        if (!sorted[at]?.startsWith(prefix)) break
        found.push(JSON.parse(records.get(sorted[at]!)!))
      }
      return found
    },
    close: () => file.close(),
  }
}

/** A native add-on with an install script: never a dependency of the platform, here to know what that costs us. */
const lmdb: OpenEngine = async (folder) => {
  const name = 'lmdb'
  const { open } = await import(name)
  // Without overlappingSync: false its promise answers before the fsync.
  const database = open({ path: join(folder, 'lmdb'), encoding: 'json', overlappingSync: false })
  return {
    async commit(key, value) {
      await database.transaction(() => {
        if (database.get('parent') === undefined) database.put(key, value)
      })
    },
    async get(key) {
      return database.get(key)
    },
    list: (prefix, limit) => [...database.getRange({ start: prefix, end: `${prefix}\u{10ffff}`, limit })],
    close: () => database.close(),
  }
}

export const candidates: Record<string, OpenEngine> = {
  'sqlite, own thread': sqliteThread,
  'sqlite, in thread': sqliteInThread,
  lmdb,
  'log + fsync': log,
}
