export {
  type GeneratedNextDay,
  generateNextDay,
  type NextDayOptions,
} from './generate-next-day.ts';
export { type GeneratedSchool, generateSchool } from './generate-school.ts';
export type { Feed, RowCode } from './row-code.ts';
export type { SchoolOptions } from './school-options.ts';
export type { GeneratedFile, PlantedRow, RowCounts } from './tally.ts';
