/** How documents are laid out, and how they are written: the side of a search index that runs on the writing thread. */
import type { DatabaseSync } from 'node:sqlite'
import type { DocumentChange, DocumentContent, DocumentField } from '../../ports/search-index.ts'
import { textTable, wordsColumn } from './search-words.ts'
import type { Schema } from './sqlite-database.ts'
import type { JobsOf } from './sqlite-jobs.ts'

export type SearchJob =
  | { do: 'write'; index: string; changes: readonly DocumentChange[]; note: string | undefined }
  /** Answers whether there is more of it. */
  | { do: 'clear'; index: string; limit: number }

export const fieldKinds = ['values', 'words', 'points', 'path'] as const
type FieldKind = (typeof fieldKinds)[number]

// A value is found by its field, and all values of a document by the document. Values keep their types: SQLite compares
// integers and reals exactly, and texts by their bytes. Boxes of `places` are of 32 bits and a little too large, so that
// what is exact stands beside them; the field is a dimension of theirs. Words are in a table for each field of words,
// made with the field, as the rarity of a word is counted over one field. They keep their words, for SQLite before 3.54
// (Node.js 24.21) goes on counting what was removed from one that does not.
const schema: Schema = [
  `
  CREATE TABLE indexes (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, note TEXT) STRICT;
  CREATE TABLE fields (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    indexId INTEGER NOT NULL,
    name TEXT NOT NULL,
    kind INTEGER NOT NULL,
    UNIQUE (indexId, name)
  ) STRICT;
  CREATE TABLE documents (
    id INTEGER PRIMARY KEY,
    indexId INTEGER NOT NULL,
    parent INTEGER NOT NULL,
    path INTEGER NOT NULL,
    key BLOB NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX roots ON documents (indexId, key) WHERE parent = 0;
  CREATE INDEX children ON documents (parent) WHERE parent > 0;
  CREATE INDEX childrenAt ON documents (path) WHERE parent > 0;
  CREATE TABLE fieldValues (
    field INTEGER NOT NULL,
    value ANY NOT NULL,
    document INTEGER NOT NULL,
    PRIMARY KEY (field, value, document)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX valuesOfDocument ON fieldValues (document, field);
  CREATE TABLE points (id INTEGER PRIMARY KEY, document INTEGER NOT NULL, field INTEGER NOT NULL, latitude REAL NOT NULL, longitude REAL NOT NULL) STRICT;
  CREATE INDEX pointsOfDocument ON points (document, field);
  CREATE VIRTUAL TABLE places USING rtree(
    id, fieldFrom, fieldTo, south, north, west, east, +document INTEGER, +latitude REAL, +longitude REAL
  );`,
  emptied,
]

/** Version 1 kept no words, and its counts are wrong. What has no index here is filled anew from its table. */
function emptied(database: DatabaseSync): void {
  const ofWords = database.prepare('SELECT id FROM fields WHERE kind = ?').all(fieldKinds.indexOf('words'))
  for (const row of ofWords) database.exec(`DROP TABLE ${textTable((row as { id: number }).id)}`)
  for (const table of ['indexes', 'fields', 'documents', 'fieldValues', 'points', 'places'])
    database.exec(`DELETE FROM ${table}`)
}

function searchOn(database: DatabaseSync): (job: SearchJob) => unknown {
  const find = {
    index: database.prepare('SELECT id FROM indexes WHERE name = ?'),
    field: database.prepare('SELECT id, kind FROM fields WHERE indexId = ? AND name = ?'),
    fields: database.prepare('SELECT id FROM fields WHERE indexId = ? AND kind = ?'),
    root: database.prepare('SELECT id FROM documents WHERE indexId = ? AND key = ? AND parent = 0'),
    someRoots: database.prepare('SELECT id FROM documents WHERE indexId = ? AND parent = 0 LIMIT ?'),
    children: database.prepare('SELECT id FROM documents WHERE parent = ? AND parent > 0'),
    points: database.prepare('SELECT id FROM points WHERE document = ?'),
  }
  const add = {
    index: database.prepare('INSERT INTO indexes (name) VALUES (?)'),
    field: database.prepare('INSERT INTO fields (indexId, name, kind) VALUES (?, ?, ?)'),
    document: database.prepare('INSERT INTO documents (indexId, parent, path, key) VALUES (?, ?, ?, ?)'),
    value: database.prepare('INSERT INTO fieldValues VALUES (?, ?, ?) ON CONFLICT DO NOTHING'),
    point: database.prepare('INSERT INTO points (document, field, latitude, longitude) VALUES (?, ?, ?, ?)'),
    place: database.prepare('INSERT INTO places VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)'),
  }
  const remove = {
    index: database.prepare('DELETE FROM indexes WHERE id = ?'),
    fields: database.prepare('DELETE FROM fields WHERE indexId = ?'),
    document: database.prepare('DELETE FROM documents WHERE id = ?'),
    values: database.prepare('DELETE FROM fieldValues WHERE document = ?'),
    points: database.prepare('DELETE FROM points WHERE document = ?'),
    place: database.prepare('DELETE FROM places WHERE id = ?'),
  }
  const note = database.prepare('UPDATE indexes SET note = ? WHERE id = ?')
  const none = new Uint8Array(0)

  const idOf = (row: unknown): number | undefined => (row as { id: number } | undefined)?.id

  function fieldMade(index: number, name: string, kind: FieldKind): number {
    const found = find.field.get(index, name) as { id: number; kind: number } | undefined
    const number = fieldKinds.indexOf(kind)
    if (found && found.kind !== number) throw new Error(`the field '${name}' is of another kind`)
    if (found) return found.id
    const id = Number(add.field.run(index, name, number).lastInsertRowid)
    if (kind === 'words') {
      database.exec(`CREATE VIRTUAL TABLE ${textTable(id)} USING fts5(words, tokenize = 'ascii')`)
    }
    return id
  }

  function write(name: string, changes: readonly DocumentChange[], noted: string | undefined): void {
    const index = idOf(find.index.get(name)) ?? Number(add.index.run(name).lastInsertRowid)
    const textFields = (): number[] =>
      find.fields.all(index, fieldKinds.indexOf('words')).map((row) => idOf(row)!)
    for (const change of changes) {
      const key = 'put' in change ? change.put.key : change.remove
      const before = idOf(find.root.get(index, key))
      if (before !== undefined) removeDocument(before, textFields())
      if (!('put' in change)) continue
      addContent(index, Number(add.document.run(index, 0, 0, key).lastInsertRowid), change.put)
    }
    if (noted !== undefined) note.run(noted, index)
  }

  function addContent(index: number, document: number, { fields, children }: DocumentContent): void {
    for (const field of fields) addField(index, document, field)
    for (const child of children) {
      const path = fieldMade(index, child.path, 'path')
      const id = Number(add.document.run(index, document, path, none).lastInsertRowid)
      addContent(index, id, child)
    }
  }

  function addField(index: number, document: number, field: DocumentField): void {
    if ('values' in field) {
      const id = fieldMade(index, field.name, 'values')
      for (const value of field.values) add.value.run(id, value, document)
    } else if ('words' in field) {
      const table = textTable(fieldMade(index, field.name, 'words'))
      database
        .prepare(`INSERT INTO ${table} (rowid, words) VALUES (?, ?)`)
        .run(document, wordsColumn(field.words))
    } else {
      const id = fieldMade(index, field.name, 'points')
      for (const { latitude, longitude } of field.points) {
        const point = add.point.run(document, id, latitude, longitude).lastInsertRowid
        const box = [latitude, latitude, longitude, longitude]
        add.place.run(point, id, id, ...box, document, latitude, longitude)
      }
    }
  }

  function removeDocument(document: number, textFields: readonly number[]): void {
    for (const child of find.children.all(document)) removeDocument(idOf(child)!, textFields)
    for (const point of find.points.all(document)) remove.place.run(idOf(point)!)
    remove.points.run(document)
    remove.values.run(document)
    for (const field of textFields)
      database.prepare(`DELETE FROM ${textTable(field)} WHERE rowid = ?`).run(document)
    remove.document.run(document)
  }

  function clear(name: string, limit: number): boolean {
    const index = idOf(find.index.get(name))
    if (index === undefined) return false
    const textFields = find.fields.all(index, fieldKinds.indexOf('words')).map((row) => idOf(row)!)
    for (const root of find.someRoots.all(index, limit)) removeDocument(idOf(root)!, textFields)
    if (find.someRoots.get(index, 1)) return true
    for (const field of textFields) database.exec(`DROP TABLE ${textTable(field)}`)
    remove.fields.run(index)
    remove.index.run(index)
    return false
  }

  return (job) => (job.do === 'write' ? write(job.index, job.changes, job.note) : clear(job.index, job.limit))
}

export const searchJobs: JobsOf<SearchJob> = { schema, jobsOn: searchOn }
