export { runErrors } from './errors.ts';
export { isShown, openReader, type Reader, type ReaderOptions } from './open-reader.ts';
export type { ReplayFilter, RunOptions } from './run-options.ts';
export { runProject } from './run-project.ts';
export type {
  CheckReport,
  Counts,
  FileReport,
  ModelReport,
  ProgressEvent,
  RunReport,
  Warning,
} from './run-report.ts';
