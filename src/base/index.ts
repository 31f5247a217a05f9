export { closestHint, closestName } from './closest-name.ts';
export { isDate, localDate } from './dates.ts';
export type { Effects, FileEffects, OpenFile } from './effects.ts';
export {
  type Compiled,
  data,
  locked,
  PipelineError,
  type Place,
  pipelineError,
  problems,
  technical,
  usage,
} from './errors.ts';
export { foldName } from './fold-name.ts';
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
