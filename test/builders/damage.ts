import { readFileSync, writeFileSync } from 'node:fs'
import Database from 'better-sqlite3'

/**
 * Changes a project file as somebody would who opens it with another program: without the triggers that refuse it,
 * which are there again afterwards.
 */
export function tamper(path: string, change: (database: Database.Database) => void): void {
  const database = new Database(path)
  try {
    database.pragma('foreign_keys = OFF')
    const triggers = database
      .prepare<[], { name: string; sql: string }>("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
      .all()
    for (const { name } of triggers) database.exec(`DROP TRIGGER ${name}`)
    change(database)
    for (const { sql } of triggers) database.exec(sql)
  } finally {
    database.close()
  }
}

/** Puts other bytes into a file. */
export function overwrite(path: string, at: number, bytes: Uint8Array): void {
  const content = readFileSync(path)
  content.set(bytes, at)
  writeFileSync(path, content)
}

/** Flips one bit in the last byte of something that is once in a file. */
export function flipIn(path: string, part: Uint8Array): void {
  const content = readFileSync(path)
  const at = content.indexOf(part)
  if (at < 0 || content.indexOf(part, at + 1) >= 0) throw new Error('it is not in the file, or more than once')
  content[at + part.length - 1]! ^= 1
  writeFileSync(path, content)
}
