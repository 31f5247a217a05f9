export { closestHint, closestName } from './closest-name.ts';
export { isDate, localDate } from './dates.ts';
export type { Effects, FileEffects, FileFacts, OpenFile, ProcessFacts } from './effects.ts';
export {
  type Compiled,
  data,
  type ErrorDetail,
  type ErrorKind,
  locked,
  PipelineError,
  type Place,
  pipelineError,
  problems,
  technical,
  usage,
} from './errors.ts';
export { foldName } from './fold-name.ts';
export { type Log, type LogFacts, silentLog } from './log.ts';
export { nodeEffects } from './node-effects.ts';
export {
  isUnspeakablePath,
  joinSql,
  quoteName,
  quotePath,
  quoteRelation,
  quoteText,
  type Sql,
  sql,
  trustedSql,
} from './sql.ts';
