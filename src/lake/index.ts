export type { CommitFacts } from './commit.ts';
export type { CompactedPartition, CompactOptions } from './compact.ts';
export { createViews, viewStatements } from './create-views.ts';
export { type Draft, type DraftOptions, openDraft, type ViewDefinition } from './draft.ts';
export type { RelationDefinition } from './draft-context.ts';
export { lakeErrors } from './errors.ts';
export { findDamagedPart } from './find-damaged-part.ts';
export {
  collectGarbage,
  eraseHistory,
  type GarbageOptions,
  type GarbageReport,
  sweepKilled,
} from './garbage.ts';
export { hashFile } from './hash-file.ts';
export { type Lease, openLease } from './lease.ts';
export type {
  LakeColumn,
  LakeRelation,
  Manifest,
  Part,
  PartsRelation,
  ViewRelation,
} from './manifest.ts';
export {
  listSnapshots,
  readManifests,
  readSnapshot,
  type Snapshot,
  type SnapshotSummary,
  type SnapshotWarning,
} from './read-snapshot.ts';
export { findRelation, partsScan, relationQuery } from './relation-query.ts';
export {
  nextRun,
  type RunFile,
  type RunHandle,
  type RunState,
  readRunFile,
  readRunState,
} from './run-file.ts';
export {
  acquireRunLock,
  type LockHolder,
  type LockOptions,
  type RunLock,
  type TookOver,
} from './run-lock.ts';
export { isWarehouseCurrent, type WarehouseOptions, writeWarehouse } from './warehouse.ts';
export { heldRows, type WriteOptions } from './write-rows.ts';
