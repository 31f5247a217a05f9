import { isDate, pipelineError } from '../base/index.ts';
import { generateErrors } from './errors.ts';
import { defaultStartDate } from './school-calendar.ts';

/** What to generate. All but the folder has a default; equal options give equal bytes. */
export type SchoolOptions = {
  /** Folder that the files are written into; made when missing. */
  readonly folder: string;
  /** Default 1. */
  readonly seed?: number | undefined;
  /** Default 1800. */
  readonly students?: number | undefined;
  /** Default one for every 30 students. */
  readonly classes?: number | undefined;
  /** School days, without weekends and holidays. Default 171. */
  readonly days?: number | undefined;
  /** Good and bad rows together, before repeated ones. Default about 33 for a student and a year: 60,000 for 1800 students. */
  readonly assessments?: number | undefined;
  /** Planted rows that must be refused. Default 300, in a small school 1 row in 100. */
  readonly defects?: number | undefined;
  /** Rows written twice. Default a fifth of `defects`. */
  readonly duplicates?: number | undefined;
  /** Rows that a later row with the same id corrects. Default half of `defects`, at most 1 row in 1000. Class transfers come on top. */
  readonly corrections?: number | undefined;
  /** Records without any value. Default a 25th of `defects`. */
  readonly blanks?: number | undefined;
  /** How many of `defects` carry two reasons. Default 0. */
  readonly combined?: number | undefined;
  /** `yyyy-mm-dd`. Default 2024-09-02, earlier when the days would pass the end of 2025. */
  readonly startDate?: string | undefined;
  /** One attendance file, or one a school day. Default `single`. */
  readonly files?: 'single' | 'daily' | undefined;
  /** `none`: nobody joins, leaves or changes class, so there are students x days attendance rows. Default `usual`. */
  readonly movement?: 'usual' | 'none' | undefined;
};

/** Options with every default but those that depend on the number of rows. */
export type School = {
  readonly folder: string;
  readonly seed: number;
  readonly students: number;
  readonly classes: number;
  readonly days: number;
  readonly assessments: number;
  readonly startDate: string;
  readonly files: 'single' | 'daily';
  readonly movement: 'usual' | 'none';
};

const wholeNumber = (option: string, value: number, lowest: number, highest: number): number => {
  if (!Number.isInteger(value) || value < lowest || value > highest) {
    throw pipelineError(generateErrors, 'generate.option-range', { option, lowest, highest });
  }
  return value;
};

const startOf = (startDate: string | undefined, days: number): string => {
  if (startDate === undefined) return defaultStartDate(days);
  if (!isDate(startDate) || startDate < '1950-01-01' || startDate > '2080-12-31') {
    throw pipelineError(generateErrors, 'generate.start-date', {});
  }
  return startDate;
};

/** Fills in defaults. Throws `generate.option-range` or `generate.start-date` (usage). */
export const settleSchool = (options: SchoolOptions): School => {
  const students = wholeNumber('students', options.students ?? 1800, 1, 1_000_000);
  const days = wholeNumber('days', options.days ?? 171, 1, 5000);
  const usualClasses = Math.max(1, Math.round(students / 30));
  const usualAssessments = Math.round((students * days * 60_000) / (1800 * 171));
  return {
    folder: options.folder,
    seed: wholeNumber('seed', options.seed ?? 1, 0, 2 ** 32 - 1),
    students,
    days,
    classes: wholeNumber('classes', options.classes ?? usualClasses, 1, students),
    assessments: wholeNumber('assessments', options.assessments ?? usualAssessments, 0, 99_000_000),
    startDate: startOf(options.startDate, days),
    files: options.files ?? 'single',
    movement: options.movement ?? 'usual',
  };
};

/** How many rows are planted, over all feeds. */
export type PlantCounts = {
  readonly defects: number;
  readonly duplicates: number;
  readonly corrections: number;
  readonly blanks: number;
  readonly combined: number;
};

/** The counts of planted rows for a school with `rows` records. */
export const settlePlants = (options: SchoolOptions, rows: number): PlantCounts => {
  const highest = 10_000_000;
  const usual = Math.min(300, Math.floor(rows / 100));
  const defects = wholeNumber('defects', options.defects ?? usual, 0, highest);
  const count = (option: string, value: number): number => wholeNumber(option, value, 0, highest);
  return {
    defects,
    duplicates: count('duplicates', options.duplicates ?? Math.floor(defects / 5)),
    corrections: count(
      'corrections',
      options.corrections ?? Math.min(Math.floor(defects / 2), Math.floor(rows / 1000)),
    ),
    blanks: count('blanks', options.blanks ?? Math.floor(defects / 25)),
    combined: wholeNumber('combined', options.combined ?? 0, 0, defects),
  };
};
