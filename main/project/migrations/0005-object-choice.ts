import type { Migration } from '../migrate.ts'

/**
 * Which instances make up the object mask. Surprises:
 * - both tables only grow: the newest row of the project, and of each image, is in force.
 * - `left_out` has the ids of the instances that a person left out of the object of an image, as a JSON array; NULL: the
 *   image goes by the rule again. It names those left out, so that an instance that comes afterwards counts.
 * - `audit_seq` is the entry that was written with it, as in `review`.
 */
export const objectChoice: Migration = {
  name: '0005-object-choice',
  sql: `
CREATE TABLE object_rule (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  min_confidence REAL NOT NULL CHECK (min_confidence BETWEEN 0 AND 1),
  pick TEXT NOT NULL CHECK (pick IN ('union', 'biggest')),
  audit_seq INTEGER NOT NULL UNIQUE REFERENCES audit_log (seq) ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED,
  created_at INTEGER NOT NULL CHECK (created_at >= 0)
) STRICT;
CREATE TRIGGER object_rule_no_update BEFORE UPDATE ON object_rule
BEGIN SELECT RAISE(ABORT, 'object_rule is append-only'); END;
CREATE TRIGGER object_rule_no_delete BEFORE DELETE ON object_rule
BEGIN SELECT RAISE(ABORT, 'object_rule is append-only'); END;

CREATE TABLE hand_choice (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  image_id INTEGER NOT NULL REFERENCES image (id) ON DELETE RESTRICT,
  left_out TEXT CHECK (json_type(left_out) = 'array'),
  auditor TEXT NOT NULL CHECK (auditor <> ''),
  audit_seq INTEGER NOT NULL UNIQUE REFERENCES audit_log (seq) ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED,
  created_at INTEGER NOT NULL CHECK (created_at >= 0)
) STRICT;
CREATE INDEX hand_choice_image ON hand_choice (image_id, id);
CREATE TRIGGER hand_choice_no_update BEFORE UPDATE ON hand_choice
BEGIN SELECT RAISE(ABORT, 'hand_choice is append-only'); END;
CREATE TRIGGER hand_choice_no_delete BEFORE DELETE ON hand_choice
BEGIN SELECT RAISE(ABORT, 'hand_choice is append-only'); END;
`,
}
