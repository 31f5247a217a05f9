export type { Row, RowStream } from '../engine/index.ts';
export { noteAccess } from './access-log.ts';
export { checkProject, type ProjectCheck } from './check-project.ts';
export { describeKilled } from './describe-killed.ts';
export { type DryRun, dryRun } from './dry-run.ts';
export { type Explanation, explainRelation } from './explain-relation.ts';
export { unknownInFilter } from './known-names.ts';
export { isShown, openReader, type Reader } from './open-reader.ts';
export { planProject } from './plan-project.ts';
export { discardRecord } from './quarantine-discard.ts';
export {
  listQuarantine,
  parsePlace,
  type QuarantineList,
  type QuarantineRecord,
  type ShownRecord,
  showRecords,
} from './quarantine-list.ts';
export { type ProjectStatus, type RunStory, readStatus } from './read-status.ts';
export { isWarehouseFresh } from './refresh-warehouse.ts';
export type { ReplayFilter, RunOptions } from './run-options.ts';
export { runProject } from './run-project.ts';
export type { FileReport, ProgressEvent, ReplayReport, RunReport, Warning } from './run-report.ts';
