import type { ColumnType, Generated } from 'kysely'
import type {
  ClassMapId,
  ExplanationId,
  FlagId,
  FolderId,
  HandChoiceId,
  ImageId,
  ImportId,
  InstanceMaskId,
  JobId,
  MaskRevisionId,
  ModelId,
  ObjectRuleId,
  PredictionId,
  ReviewId,
  ScoreId,
  StrokeId,
} from '#common/contract/ids.ts'

/** The newest schema, as Kysely sees it: column by column what the migrations make of a fresh file (a test compares). */
export interface Schema {
  meta: MetaTable
  audit_log: AuditLogTable
  image_folder: ImageFolderTable
  image: ImageTable
  instance_mask: InstanceMaskTable
  mask_revision: MaskRevisionTable
  blob: BlobTable
  model: ModelTable
  class_map: ClassMapTable
  prediction: PredictionTable
  explanation: ExplanationTable
  score: ScoreTable
  job: JobTable
  job_failure: JobFailureTable
  stroke: StrokeTable
  review: ReviewTable
  flag: FlagTable
  import: ImportTable
  former_image: FormerImageTable
  object_rule: ObjectRuleTable
  hand_choice: HandChoiceTable
}

type Flag = 0 | 1
type Bytes = ColumnType<Buffer, Uint8Array>

interface MetaTable {
  key: string
  value: string
}

interface AuditLogTable {
  seq: number
  at: number
  actor: string
  action: string
  subject: string
  data: string
  previous_hash: string
  hash: string
}

interface ImageFolderTable {
  id: Generated<FolderId>
  path: string
}

interface ImageTable {
  id: Generated<ImageId>
  folder_id: FolderId
  file: string
  width: number
  height: number
  size_bytes: number
  sha256: string
  label: string | null
  split: string | null
  source: string
  created_at: number
}

interface InstanceMaskTable {
  id: Generated<InstanceMaskId>
  image_id: ImageId
  category: string | null
  category_source_id: number | null
  score: number | null
  is_crowd: Flag
  origin: string
  source: string | null
  created_at: number
}

interface MaskRevisionTable {
  id: Generated<MaskRevisionId>
  instance_mask_id: InstanceMaskId
  number: number
  kind: 'machine' | 'correction'
  auditor: string | null
  width: number
  height: number
  rle: Bytes
  sha256: string
  area: number
  bbox_x: number
  bbox_y: number
  bbox_width: number
  bbox_height: number
  created_at: number
}

interface BlobTable {
  sha256: string
  size_bytes: number
  bytes: Bytes
}

interface ModelTable {
  id: Generated<ModelId>
  name: string
  path: string
  sha256: string
  card: string
  created_at: number
}

interface ClassMapTable {
  id: Generated<ClassMapId>
  model_id: ModelId | null
  entries: string
  origin: 'file' | 'guess' | 'user'
  created_at: number
}

interface PredictionTable {
  id: Generated<PredictionId>
  image_id: ImageId
  model_id: ModelId
  image_sha256: string
  class_index: number
  class_label: string
  probability: number
  logit: number | null
  top: string
  runtime: string
  created_at: number
}

interface ExplanationTable {
  id: Generated<ExplanationId>
  prediction_id: PredictionId
  method: string
  variant: string
  options: string
  class_index: number
  header: string
  blob_sha256: string
  note: string | null
  runtime: string
  seconds: number
  created_at: number
}

interface ScoreTable {
  id: Generated<ScoreId>
  explanation_id: ExplanationId
  mask_variant: 'standard' | 'paper'
  mask_key: string
  obalex: number | null
  reason: 'no-mask' | 'no-evidence' | null
  area_share: number | null
  lift: number | null
  normalized: number | null
  pointing_game: number | null
  relevance_rank: number | null
  top_k: number | null
  auc: number | null
  created_at: number
  turn: number
}

interface JobTable {
  id: Generated<JobId>
  kind: string
  spec: string
  spec_key: string
  state: 'running' | 'done' | 'failed' | 'cancelled' | 'interrupted'
  done: number
  total: number | null
  failed: number
  pid: number
  started_at: number
  updated_at: number
  finished_at: number | null
  error: string | null
}

interface JobFailureTable {
  id: Generated<number>
  job_id: JobId
  image_id: ImageId | null
  code: string
  message: string
  at: number
}

interface StrokeTable {
  id: Generated<StrokeId>
  instance_mask_id: InstanceMaskId
  base_number: number
  kind: 'paint' | 'undo' | 'redo'
  tool: string | null
  auditor: string
  tiles: Bytes | null
  added: number
  removed: number
  created_at: number
}

interface ReviewTable {
  id: Generated<ReviewId>
  image_id: ImageId
  verdict: 'accept' | 'minor' | 'reject' | 'cannot judge'
  reasons: string
  comment: string
  auditor: string
  audit_seq: number
  created_at: number
}

interface FlagTable {
  id: Generated<FlagId>
  image_id: ImageId
  is_set: Flag
  auditor: string
  audit_seq: number
  created_at: number
}

interface ImportTable {
  id: Generated<ImportId>
  audit_seq: number
  undo_seq: number | null
  folder_before: number
  folder_last: number
  image_before: number
  image_last: number
  instance_before: number
  instance_last: number
  revision_before: number
  revision_last: number
  prediction_before: number
  score_before: number
  stroke_before: number
}

interface FormerImageTable {
  import_id: ImportId
  image_id: ImageId
  width: number
  height: number
  size_bytes: number
  sha256: string
  label: string | null
  split: string | null
}

interface ObjectRuleTable {
  id: Generated<ObjectRuleId>
  min_confidence: number
  pick: 'union' | 'biggest'
  audit_seq: number
  created_at: number
}

interface HandChoiceTable {
  id: Generated<HandChoiceId>
  image_id: ImageId
  left_out: string | null
  auditor: string
  audit_seq: number
  created_at: number
}
