import type { Migration } from '../migrate.ts'

/**
 * What each import brought in and what it overwrote, so that it can be undone. Surprises:
 * - an import is one transaction and ids are never given twice, so that ranges tell which rows are its own: those after
 *   `…_before`, up to `…_last`. Of what others make there is only the newest id before it: what is newer came since.
 * - `audit_seq` and `undo_seq` are the entries that are written with the import and with its undo. They come last in
 *   their transactions, so that the references are looked at only when those end.
 * - an import whose entry is not in the log yet is being written, one whose `undo_seq` is not is being undone. Neither
 *   state can be committed, and only in the latter the masks of its range, and of no other, may go.
 * - imports from before have no row.
 */
export const imports: Migration = {
  name: '0004-imports',
  sql: `
CREATE TABLE import (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  audit_seq INTEGER NOT NULL UNIQUE REFERENCES audit_log (seq) ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED,
  undo_seq INTEGER UNIQUE REFERENCES audit_log (seq) ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED,
  folder_before INTEGER NOT NULL CHECK (folder_before >= 0),
  folder_last INTEGER NOT NULL CHECK (folder_last >= folder_before),
  image_before INTEGER NOT NULL CHECK (image_before >= 0),
  image_last INTEGER NOT NULL CHECK (image_last >= image_before),
  instance_before INTEGER NOT NULL CHECK (instance_before >= 0),
  instance_last INTEGER NOT NULL CHECK (instance_last >= instance_before),
  revision_before INTEGER NOT NULL CHECK (revision_before >= 0),
  revision_last INTEGER NOT NULL CHECK (revision_last >= revision_before),
  prediction_before INTEGER NOT NULL CHECK (prediction_before >= 0),
  score_before INTEGER NOT NULL CHECK (score_before >= 0),
  stroke_before INTEGER NOT NULL CHECK (stroke_before >= 0),
  CHECK (undo_seq > audit_seq)
) STRICT;
CREATE TRIGGER import_insert BEFORE INSERT ON import
WHEN NEW.undo_seq IS NOT NULL OR NEW.audit_seq IS NOT (SELECT max(seq) + 1 FROM audit_log)
BEGIN SELECT RAISE(ABORT, 'an import begins with its entry'); END;
CREATE TRIGGER import_no_update BEFORE UPDATE OF
  id, audit_seq, folder_before, folder_last, image_before, image_last, instance_before, instance_last,
  revision_before, revision_last, prediction_before, score_before, stroke_before ON import
WHEN OLD.audit_seq <= (SELECT max(seq) FROM audit_log)
BEGIN SELECT RAISE(ABORT, 'an import never changes'); END;
CREATE TRIGGER import_undo_once BEFORE UPDATE OF undo_seq ON import
WHEN OLD.undo_seq IS NOT NULL OR NEW.undo_seq IS NOT (SELECT max(seq) + 1 FROM audit_log)
BEGIN SELECT RAISE(ABORT, 'an import is undone once, with its entry'); END;
CREATE TRIGGER import_no_delete BEFORE DELETE ON import
BEGIN SELECT RAISE(ABORT, 'import is append-only'); END;

CREATE TABLE former_image (
  import_id INTEGER NOT NULL REFERENCES import (id) ON DELETE RESTRICT,
  image_id INTEGER NOT NULL REFERENCES image (id) ON DELETE RESTRICT,
  width INTEGER NOT NULL CHECK (width > 0),
  height INTEGER NOT NULL CHECK (height > 0),
  size_bytes INTEGER NOT NULL CHECK (size_bytes >= 0),
  sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
  label TEXT CHECK (label <> ''),
  split TEXT CHECK (split <> ''),
  PRIMARY KEY (import_id, image_id)
) STRICT;
CREATE INDEX former_image_image ON former_image (image_id);
CREATE TRIGGER former_image_insert BEFORE INSERT ON former_image
WHEN NOT EXISTS (
  SELECT 1 FROM import WHERE id = NEW.import_id AND audit_seq > (SELECT max(seq) FROM audit_log)
)
BEGIN SELECT RAISE(ABORT, 'only an import keeps what it overwrites'); END;
CREATE TRIGGER former_image_no_update BEFORE UPDATE ON former_image
BEGIN SELECT RAISE(ABORT, 'former_image is append-only'); END;
CREATE TRIGGER former_image_no_delete BEFORE DELETE ON former_image
WHEN NOT EXISTS (
  SELECT 1 FROM import WHERE id = OLD.import_id AND undo_seq > (SELECT max(seq) FROM audit_log)
)
BEGIN SELECT RAISE(ABORT, 'former_image is append-only'); END;

DROP TRIGGER mask_revision_no_delete;
CREATE TRIGGER mask_revision_no_delete BEFORE DELETE ON mask_revision
WHEN NOT EXISTS (
  SELECT 1 FROM import
  WHERE undo_seq > (SELECT max(seq) FROM audit_log) AND OLD.id > revision_before AND OLD.id <= revision_last
)
BEGIN SELECT RAISE(ABORT, 'mask revisions never change'); END;
`,
}
