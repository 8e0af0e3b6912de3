declare const subject: unique symbol

type Id<Subject extends string> = number & { readonly [subject]: Subject }

/**
 * Row ids of a project, branded so that the id of one subject never goes in for that of another. Whole numbers ≥ 1;
 * given once and never used again, because the audit log names rows by them.
 */
export type FolderId = Id<'folder'>
export type ImageId = Id<'image'>
export type InstanceMaskId = Id<'instance-mask'>
export type MaskRevisionId = Id<'mask-revision'>
export type ModelId = Id<'model'>
export type ClassMapId = Id<'class-map'>
export type PredictionId = Id<'prediction'>
export type ExplanationId = Id<'explanation'>
export type ScoreId = Id<'score'>
export type JobId = Id<'job'>
export type StrokeId = Id<'stroke'>
export type ReviewId = Id<'review'>
export type FlagId = Id<'flag'>
export type ImportId = Id<'import'>
export type ObjectRuleId = Id<'object-rule'>
export type HandChoiceId = Id<'hand-choice'>
