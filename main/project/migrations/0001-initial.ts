import type { Migration } from '../migrate.ts'

/**
 * The first schema. Surprises, so that nobody has to find them out:
 * - `AUTOINCREMENT` everywhere: the audit log names rows by id, so an id must never be given twice.
 * - a `mask_revision` number 0 is the machine's mask; an object that a person drew has none and starts at 1.
 * - shares and probabilities allow a rounding beyond 0…1: they are sums of floats, and a score must not fail to be
 *   saved because of the last bit.
 * - `ON DELETE CASCADE` only where what goes can be computed again (predictions, explanations, scores, a job's failures).
 * - `score.turn` counts the times that a score of this explanation and variant was saved; the highest is in force. It
 *   moves when an older score comes true again (a class map taken back), and does not depend on the clock.
 */
export const initial: Migration = {
  name: '0001-initial',
  sql: `
CREATE TABLE meta (
  key TEXT PRIMARY KEY NOT NULL,
  value TEXT NOT NULL
) STRICT;

CREATE TABLE lock (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  token TEXT NOT NULL,
  pid INTEGER NOT NULL,
  process_start TEXT,
  host TEXT NOT NULL,
  file_number TEXT NOT NULL,
  locked_at INTEGER NOT NULL CHECK (locked_at >= 0)
) STRICT;

CREATE TABLE audit_log (
  seq INTEGER PRIMARY KEY CHECK (seq >= 1),
  at INTEGER NOT NULL CHECK (at >= 0),
  actor TEXT NOT NULL CHECK (actor <> ''),
  action TEXT NOT NULL CHECK (action <> ''),
  subject TEXT NOT NULL CHECK (subject <> ''),
  data TEXT NOT NULL CHECK (json_valid(data)),
  previous_hash TEXT NOT NULL CHECK (length(previous_hash) = 64),
  hash TEXT NOT NULL CHECK (length(hash) = 64)
) STRICT;
CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log
BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END;
CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log
BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END;

CREATE TABLE image_folder (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  path TEXT NOT NULL UNIQUE CHECK (path <> '')
) STRICT;

CREATE TABLE image (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  folder_id INTEGER NOT NULL REFERENCES image_folder (id) ON DELETE RESTRICT,
  file TEXT NOT NULL CHECK (file <> '' AND file NOT LIKE '/%' AND file <> '..' AND file NOT LIKE '../%' AND file NOT LIKE '%/../%' AND file NOT LIKE '%/..'),
  width INTEGER NOT NULL CHECK (width > 0),
  height INTEGER NOT NULL CHECK (height > 0),
  size_bytes INTEGER NOT NULL CHECK (size_bytes >= 0),
  sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
  label TEXT CHECK (label <> ''),
  split TEXT CHECK (split <> ''),
  source TEXT NOT NULL CHECK (json_type(source) = 'object'),
  created_at INTEGER NOT NULL CHECK (created_at >= 0),
  UNIQUE (folder_id, file)
) STRICT;
CREATE INDEX image_label ON image (label);
CREATE INDEX image_split ON image (split);

CREATE TABLE instance_mask (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  image_id INTEGER NOT NULL REFERENCES image (id) ON DELETE RESTRICT,
  category TEXT CHECK (category <> ''),
  category_source_id INTEGER,
  score REAL CHECK (score BETWEEN 0 AND 1.000001),
  is_crowd INTEGER NOT NULL CHECK (is_crowd IN (0, 1)),
  origin TEXT NOT NULL CHECK (origin <> ''),
  source TEXT CHECK (json_type(source) = 'object'),
  created_at INTEGER NOT NULL CHECK (created_at >= 0)
) STRICT;
CREATE INDEX instance_mask_image ON instance_mask (image_id);
CREATE INDEX instance_mask_category ON instance_mask (category);

CREATE TABLE mask_revision (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  instance_mask_id INTEGER NOT NULL REFERENCES instance_mask (id) ON DELETE RESTRICT,
  number INTEGER NOT NULL CHECK (number >= 0),
  kind TEXT NOT NULL CHECK (kind IN ('machine', 'correction')),
  auditor TEXT CHECK (auditor <> ''),
  width INTEGER NOT NULL CHECK (width > 0),
  height INTEGER NOT NULL CHECK (height > 0),
  rle BLOB NOT NULL CHECK (length(rle) > 0),
  sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
  area INTEGER NOT NULL CHECK (area BETWEEN 0 AND width * height),
  bbox_x INTEGER NOT NULL CHECK (bbox_x >= 0),
  bbox_y INTEGER NOT NULL CHECK (bbox_y >= 0),
  bbox_width INTEGER NOT NULL CHECK (bbox_width BETWEEN 0 AND width - bbox_x),
  bbox_height INTEGER NOT NULL CHECK (bbox_height BETWEEN 0 AND height - bbox_y),
  created_at INTEGER NOT NULL CHECK (created_at >= 0),
  UNIQUE (instance_mask_id, number),
  CHECK ((kind = 'machine') = (number = 0)),
  CHECK ((kind = 'correction') = (auditor IS NOT NULL))
) STRICT;
CREATE TRIGGER mask_revision_no_update BEFORE UPDATE ON mask_revision
BEGIN SELECT RAISE(ABORT, 'mask revisions never change'); END;
CREATE TRIGGER mask_revision_no_delete BEFORE DELETE ON mask_revision
BEGIN SELECT RAISE(ABORT, 'mask revisions never change'); END;

CREATE TABLE blob (
  sha256 TEXT PRIMARY KEY NOT NULL CHECK (length(sha256) = 64),
  size_bytes INTEGER NOT NULL CHECK (size_bytes >= 0),
  bytes BLOB NOT NULL
) STRICT;

CREATE TABLE model (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL CHECK (name <> ''),
  path TEXT NOT NULL CHECK (path <> ''),
  sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
  card TEXT NOT NULL CHECK (json_type(card) = 'object'),
  created_at INTEGER NOT NULL CHECK (created_at >= 0),
  UNIQUE (sha256, card)
) STRICT;

CREATE TABLE class_map (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  model_id INTEGER REFERENCES model (id) ON DELETE RESTRICT,
  entries TEXT NOT NULL CHECK (json_type(entries) = 'object'),
  origin TEXT NOT NULL CHECK (origin IN ('file', 'guess', 'user')),
  created_at INTEGER NOT NULL CHECK (created_at >= 0)
) STRICT;
CREATE INDEX class_map_model ON class_map (model_id);

CREATE TABLE prediction (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  image_id INTEGER NOT NULL REFERENCES image (id) ON DELETE RESTRICT,
  model_id INTEGER NOT NULL REFERENCES model (id) ON DELETE RESTRICT,
  image_sha256 TEXT NOT NULL CHECK (length(image_sha256) = 64),
  class_index INTEGER NOT NULL CHECK (class_index >= 0),
  class_label TEXT NOT NULL,
  probability REAL NOT NULL CHECK (probability BETWEEN 0 AND 1.0001),
  logit REAL,
  top TEXT NOT NULL CHECK (json_type(top) = 'array'),
  runtime TEXT NOT NULL,
  created_at INTEGER NOT NULL CHECK (created_at >= 0),
  UNIQUE (image_id, model_id, image_sha256)
) STRICT;
CREATE INDEX prediction_model_image ON prediction (model_id, image_id);

CREATE TABLE explanation (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  prediction_id INTEGER NOT NULL REFERENCES prediction (id) ON DELETE CASCADE,
  method TEXT NOT NULL CHECK (method <> ''),
  variant TEXT NOT NULL CHECK (variant <> ''),
  options TEXT NOT NULL CHECK (json_type(options) = 'object'),
  class_index INTEGER NOT NULL CHECK (class_index >= 0),
  header TEXT NOT NULL CHECK (json_type(header) = 'object'),
  blob_sha256 TEXT NOT NULL REFERENCES blob (sha256) ON DELETE RESTRICT,
  note TEXT,
  runtime TEXT NOT NULL,
  seconds REAL NOT NULL CHECK (seconds >= 0),
  created_at INTEGER NOT NULL CHECK (created_at >= 0),
  UNIQUE (prediction_id, method, variant, options, class_index)
) STRICT;
CREATE INDEX explanation_blob ON explanation (blob_sha256);

CREATE TABLE score (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  explanation_id INTEGER NOT NULL REFERENCES explanation (id) ON DELETE CASCADE,
  mask_variant TEXT NOT NULL CHECK (mask_variant IN ('standard', 'paper')),
  mask_key TEXT NOT NULL CHECK (length(mask_key) = 64),
  obalex REAL CHECK (obalex BETWEEN -0.000001 AND 1.000001),
  reason TEXT CHECK (reason IN ('no-mask', 'no-evidence')),
  area_share REAL CHECK (area_share BETWEEN -0.000001 AND 1.000001),
  lift REAL,
  normalized REAL,
  pointing_game REAL,
  relevance_rank REAL,
  top_k REAL,
  auc REAL,
  created_at INTEGER NOT NULL CHECK (created_at >= 0),
  turn INTEGER NOT NULL CHECK (turn >= 1),
  UNIQUE (explanation_id, mask_variant, mask_key),
  CHECK (obalex IS NOT NULL OR reason IS NOT NULL)
) STRICT;
CREATE INDEX score_newest ON score (explanation_id, mask_variant, turn);

CREATE TABLE job (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL CHECK (kind <> ''),
  spec TEXT NOT NULL CHECK (json_valid(spec)),
  spec_key TEXT NOT NULL CHECK (length(spec_key) = 64),
  state TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed', 'cancelled', 'interrupted')),
  done INTEGER NOT NULL CHECK (done >= 0),
  total INTEGER CHECK (total >= 0),
  failed INTEGER NOT NULL CHECK (failed >= 0),
  pid INTEGER NOT NULL,
  started_at INTEGER NOT NULL CHECK (started_at >= 0),
  updated_at INTEGER NOT NULL,
  finished_at INTEGER,
  error TEXT CHECK (json_type(error) = 'object'),
  CHECK ((state = 'running') = (finished_at IS NULL))
) STRICT;
CREATE INDEX job_spec ON job (spec_key);
CREATE INDEX job_state ON job (state);

CREATE TABLE job_failure (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  job_id INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
  image_id INTEGER REFERENCES image (id) ON DELETE SET NULL,
  code TEXT NOT NULL CHECK (code <> ''),
  message TEXT NOT NULL,
  at INTEGER NOT NULL CHECK (at >= 0)
) STRICT;
CREATE INDEX job_failure_job ON job_failure (job_id);
CREATE INDEX job_failure_image ON job_failure (image_id);
`,
}
