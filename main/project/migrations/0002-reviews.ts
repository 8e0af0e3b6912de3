import type { Migration } from '../migrate.ts'

/**
 * What auditors do. Surprises:
 * - `stroke` is the journal of an instance from one of its revisions on: those of the newest revision make the mask that
 *   is worked on, earlier ones are how a revision came about. Undo and redo are rows too; nothing is ever taken out.
 * - strokes are not in the audit log one by one: the entry of a review has the hash over them.
 * - `review.audit_seq` is the entry that was written with it. That entry comes last in their transaction, so that the
 *   reference is looked at only when it ends.
 */
export const reviews: Migration = {
  name: '0002-reviews',
  sql: `
CREATE TABLE stroke (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  instance_mask_id INTEGER NOT NULL,
  base_number INTEGER NOT NULL CHECK (base_number >= 0),
  kind TEXT NOT NULL CHECK (kind IN ('paint', 'undo', 'redo')),
  tool TEXT CHECK (tool <> ''),
  auditor TEXT NOT NULL CHECK (auditor <> ''),
  tiles BLOB CHECK (length(tiles) > 0),
  added INTEGER NOT NULL CHECK (added >= 0),
  removed INTEGER NOT NULL CHECK (removed >= 0),
  created_at INTEGER NOT NULL CHECK (created_at >= 0),
  FOREIGN KEY (instance_mask_id, base_number) REFERENCES mask_revision (instance_mask_id, number) ON DELETE RESTRICT,
  CHECK ((kind = 'paint') = (tool IS NOT NULL)),
  CHECK ((kind = 'paint') = (tiles IS NOT NULL)),
  CHECK ((kind = 'paint') = (added + removed > 0))
) STRICT;
CREATE INDEX stroke_journal ON stroke (instance_mask_id, base_number, id);
CREATE TRIGGER stroke_no_update BEFORE UPDATE ON stroke
BEGIN SELECT RAISE(ABORT, 'stroke is append-only'); END;
CREATE TRIGGER stroke_no_delete BEFORE DELETE ON stroke
BEGIN SELECT RAISE(ABORT, 'stroke is append-only'); END;

CREATE TABLE review (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  image_id INTEGER NOT NULL REFERENCES image (id) ON DELETE RESTRICT,
  verdict TEXT NOT NULL CHECK (verdict IN ('accept', 'minor', 'reject', 'cannot judge')),
  reasons TEXT NOT NULL CHECK (json_type(reasons) = 'array'),
  comment TEXT NOT NULL,
  auditor TEXT NOT NULL CHECK (auditor <> ''),
  audit_seq INTEGER NOT NULL UNIQUE REFERENCES audit_log (seq) ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED,
  created_at INTEGER NOT NULL CHECK (created_at >= 0)
) STRICT;
CREATE INDEX review_image ON review (image_id, id, verdict);
CREATE TRIGGER review_no_update BEFORE UPDATE ON review
BEGIN SELECT RAISE(ABORT, 'review is append-only'); END;
CREATE TRIGGER review_no_delete BEFORE DELETE ON review
BEGIN SELECT RAISE(ABORT, 'review is append-only'); END;
`,
}
