import { padded } from './civil-date.ts';
import { openRandom, pick, type RandomStream } from './random-stream.ts';
import { classOn, isEnrolled, type Roster } from './roster.ts';
import type { SchoolDay } from './school-calendar.ts';
import type { School } from './school-options.ts';

/** One assessment, each value as JSON text, keys in the order of the file; `result` only where there is no score. */
export type AssessmentRow = Readonly<Record<string, string>>;

const subjects = [
  'Mathematics',
  'Science',
  'English',
  'History',
  'Español',
  'Français',
  'Music',
] as const;

/** Type, highest score and the step of scores. */
const types = [
  { type: 'Quiz', maxScore: 10, step: 0.5 },
  { type: 'Quiz', maxScore: 20, step: 1 },
  { type: 'Test', maxScore: 100, step: 1 },
  { type: 'Test', maxScore: 50, step: 0.5 },
  { type: 'Project', maxScore: 40, step: 1 },
  { type: 'Exam', maxScore: 100, step: 1 },
] as const;

/** One sitting: a class writes a paper on a day. */
type Sitting = {
  readonly day: SchoolDay;
  readonly dayIndex: number;
  readonly subject: number;
  readonly paper: (typeof types)[number];
  readonly students: readonly number[];
};

/** Ability of each student and its difference by subject, as shares of the highest score. */
const openAbility = (school: School): ((student: number, subject: number) => number) => {
  const random = openRandom(school.seed, 'abilities');
  const general = new Float32Array(school.students);
  const special = new Float32Array(school.students * subjects.length);
  for (let s = 0; s < school.students; s += 1) {
    general[s] = 0.74 + 0.12 * random.bell();
    for (let j = 0; j < subjects.length; j += 1) {
      special[s * subjects.length + j] = 0.06 * random.bell();
    }
  }
  return (student, subject) =>
    (general[student] ?? 0) + (special[student * subjects.length + subject] ?? 0);
};

const scoreOf = (ability: number, paper: Sitting['paper'], random: RandomStream): number => {
  const share = Math.min(1, Math.max(0, ability + 0.08 * random.bell()));
  return Math.round((share * paper.maxScore) / paper.step) * paper.step;
};

const text = (value: string): string => JSON.stringify(value);

/** The students of each class on the first day, and those who come into it by transfer. */
const classLists = (roster: Roster): readonly (readonly number[])[] => {
  const lists: number[][] = roster.classIds.map(() => []);
  roster.classOf.forEach((own, student) => {
    lists[own]?.push(student);
    const target = roster.movedTo[student] ?? own;
    if (target !== own) lists[target]?.push(student);
  });
  return lists;
};

/**
 * Yields exactly `school.assessments` rows in order of date: sitting by sitting, classes and subjects in turn. About
 * 1.5 % of rows are missing and 0.5 % exempt.
 */
export function* assessmentRows(
  school: School,
  roster: Roster,
  days: readonly SchoolDay[],
): Generator<AssessmentRow> {
  const random = openRandom(school.seed, 'assessments');
  const abilityOf = openAbility(school);
  const lists = classLists(roster);
  let written = 0;
  for (let turn = 0; written < school.assessments; turn += 1) {
    const dayIndex = Math.floor((written * days.length) / school.assessments);
    const day = days[dayIndex];
    if (day === undefined) return;
    const classIndex = turn % school.classes;
    const sitting: Sitting = {
      day,
      dayIndex,
      subject: (Math.floor(turn / school.classes) + classIndex) % subjects.length,
      paper: pick(types, random),
      students: (lists[classIndex] ?? []).filter(
        (s) => isEnrolled(roster, s, dayIndex) && classOn(roster, s, dayIndex) === classIndex,
      ),
    };
    for (const student of sitting.students) {
      if (written === school.assessments) return;
      written += 1;
      const ability = abilityOf(student, sitting.subject);
      yield rowOf(written, roster.studentIds[student] ?? '', { ...sitting, ability }, random);
    }
  }
}

const rowOf = (
  n: number,
  studentId: string,
  { day, paper, subject, ability }: Sitting & { readonly ability: number },
  random: RandomStream,
): AssessmentRow => {
  const fate = random.below(200);
  const isScored = fate >= 4;
  return {
    assessment_id: text(`ASM-${padded(n, 8)}`),
    student_id: text(studentId),
    subject: text(subjects[subject] ?? subjects[0]),
    assessment_type: text(paper.type),
    term: text(day.term),
    score: isScored ? String(scoreOf(ability, paper, random)) : 'null',
    max_score: String(paper.maxScore),
    ...(isScored ? {} : { result: text(fate === 0 ? 'exempt' : 'missing') }),
    assessment_date: text(day.date),
    created_at: text(
      `${day.date}T${padded(14 + random.below(6), 2)}:${padded(random.below(60), 2)}:00`,
    ),
  };
};

/** The columns of an assessment in order, `result` left out. */
export const assessmentColumns = [
  'assessment_id',
  'student_id',
  'subject',
  'assessment_type',
  'term',
  'score',
  'max_score',
  'assessment_date',
  'created_at',
] as const;

/** One JSON object on one line. */
export const jsonRow = (row: AssessmentRow): string =>
  `{${Object.entries(row)
    .map(([column, value]) => `"${column}": ${value}`)
    .join(', ')}}`;
