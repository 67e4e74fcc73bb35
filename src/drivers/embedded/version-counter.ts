import type { DatabaseSync } from 'node:sqlite'

/** Versions are taken in blocks, so that a commit does not write the counter: a restart skips what is left of a block. */
const VERSIONS_AT_ONCE = 100_000

/** For the schema of a database that gives versions. */
export const versionsTable = `
  CREATE TABLE versions (ceiling INTEGER NOT NULL) STRICT;
  INSERT INTO versions VALUES (0)
  `

/** Numbers that only rise, over restarts too. */
export function versionCounter(database: DatabaseSync): () => number {
  const readCeiling = database.prepare('SELECT ceiling FROM versions')
  const raiseCeiling = database.prepare('UPDATE versions SET ceiling = ?')

  /** As the file says: what memory says may be of a transaction that was undone. */
  const ceiling = (): number => (readCeiling.get() as { ceiling: number }).ceiling

  let version = ceiling()
  return () => {
    version++
    if (version > ceiling()) raiseCeiling.run(version + VERSIONS_AT_ONCE)
    return version
  }
}
