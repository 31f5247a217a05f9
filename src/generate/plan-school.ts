import { type FeedPlan, planPlants } from './plan-plants.ts';
import { buildRoster, type Roster } from './roster.ts';
import type { Feed } from './row-code.ts';
import { type SchoolDay, schoolDays } from './school-calendar.ts';
import { type School, type SchoolOptions, settlePlants, settleSchool } from './school-options.ts';

/** Everything that options decide before a row is written. */
export type SchoolPlan = {
  readonly school: School;
  readonly days: readonly SchoolDay[];
  readonly roster: Roster;
  readonly plants: Readonly<Record<Feed, FeedPlan>>;
};

/** Plans a school without touching the disk. Throws usage errors for options that do not fit. */
export const planSchool = (options: SchoolOptions): SchoolPlan => {
  const school = settleSchool(options);
  const roster = buildRoster(school);
  const rows = {
    students: school.students,
    attendance: roster.attendanceRows,
    assessments: school.assessments,
  };
  const counts = settlePlants(options, rows.attendance + rows.assessments);
  return {
    school,
    days: schoolDays(school.startDate, school.days),
    roster,
    plants: planPlants(school, counts, rows),
  };
};
