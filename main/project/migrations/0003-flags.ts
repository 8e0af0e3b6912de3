import type { Migration } from '../migrate.ts'

/**
 * Flags that auditors put on images to come back to them. Surprises:
 * - putting a flag and taking it away are rows: the newest one of an image is in force.
 * - `audit_seq` is the entry that was written with it, as in `review`.
 */
export const flags: Migration = {
  name: '0003-flags',
  sql: `
CREATE TABLE flag (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  image_id INTEGER NOT NULL REFERENCES image (id) ON DELETE RESTRICT,
  is_set INTEGER NOT NULL CHECK (is_set IN (0, 1)),
  auditor TEXT NOT NULL CHECK (auditor <> ''),
  audit_seq INTEGER NOT NULL UNIQUE REFERENCES audit_log (seq) ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED,
  created_at INTEGER NOT NULL CHECK (created_at >= 0)
) STRICT;
CREATE INDEX flag_image ON flag (image_id, id, is_set);
CREATE TRIGGER flag_no_update BEFORE UPDATE ON flag
BEGIN SELECT RAISE(ABORT, 'flag is append-only'); END;
CREATE TRIGGER flag_no_delete BEFORE DELETE ON flag
BEGIN SELECT RAISE(ABORT, 'flag is append-only'); END;
`,
}
