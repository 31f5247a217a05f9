export { closestHint, closestName } from './closest-name.ts';
export { addDays, isDate, localDate } from './dates.ts';
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
export { hashFile } from './hash-file.ts';
export { nodeEffects } from './node-effects.ts';
export { plural, sayCount } from './say-count.ts';
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
