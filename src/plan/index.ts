export {
  type KnownFile,
  type Plan,
  type PlannedFile,
  type PlannedSource,
  planRun,
} from './plan-run.ts';
