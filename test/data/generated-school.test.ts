import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GeneratedSchool, generateSchool } from '../../src/generate/index.ts';
import type { RunReport } from '../../src/run/index.ts';
import { runPython } from '../kit/python.ts';
import { makeProject, type SchoolProject } from '../kit/school-project.ts';

const counter = fileURLToPath(new URL('./count_school.py', import.meta.url));

type Counted = Readonly<Record<string, number | Readonly<Record<string, number>>>>;

let project: SchoolProject;
let school: GeneratedSchool;
let report: RunReport;

beforeAll(async () => {
  project = await makeProject();
  project.setNow('2026-01-15T12:00:00Z');
  school = await generateSchool(
    {
      folder: join(project.folder, 'data/raw'),
      students: 240,
      days: 60,
      seed: 7,
      defects: 180,
      combined: 20,
    },
    project.effects,
  );
  report = await project.run();
});
afterAll(() => project[Symbol.asyncDispose]());

const keys = ['read', 'loaded', 'duplicate', 'superseded', 'blank', 'quarantined'] as const;

const reasonsByFile = async (): Promise<
  Readonly<Record<string, Readonly<Record<string, number>>>>
> => {
  const found: Record<string, Record<string, number>> = {};
  for (const { file, code, n } of await project.rows(
    `select file, r.code as code, count(*) as n from (select file, unnest(reasons) as r from quarantine.record where state = 'open') group by 1, 2 order by 1, 2`,
  )) {
    const name = String(file).split('/').at(-1) ?? '';
    found[name] = { ...found[name], [String(code)]: Number(n) };
  }
  return found;
};

const byName = <T>(entries: readonly (readonly [string, T])[]): Readonly<Record<string, T>> =>
  Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));

describe('a generated school with every defect', () => {
  it('ends as the generator says: counts of every file and of every reason', async () => {
    expect(report.status).toBe('ok');
    const reasons = await reasonsByFile();
    const found = byName(
      report.files.map((file) => {
        const name = file.path.split('/').at(-1) ?? '';
        return [
          name,
          {
            ...Object.fromEntries(keys.map((key) => [key, file[key]])),
            reasons: reasons[name] ?? {},
          },
        ] as const;
      }),
    );
    const told = byName(
      school.files.map((file) => {
        const { reasons: why } = file;
        return [
          file.path.split('/').at(-1) ?? '',
          { ...Object.fromEntries(keys.map((key) => [key, file[key]])), reasons: why },
        ] as const;
      }),
    );
    expect(found).toEqual(told);
    expect(Object.keys(school.totals.reasons).length).toBeGreaterThanOrEqual(19);
  });

  it('each refused row stands where the generator planted it, with the reason and column', async () => {
    const found = await project.rows(
      `select regexp_extract(file, '[^/]*$') || ':' || line || ' ' || row || ' ' || r.code || ' ' || coalesce(r."column", '-') as place
       from (select file, line, row, unnest(reasons) as r from quarantine.record) order by 1`,
    );
    const planted = school.planted.map(
      ({ file, line, row, code, column }) =>
        `${file.split('/').at(-1)}:${line} ${row} ${code} ${column ?? '-'}`,
    );
    expect(found.map((row) => row.place)).toEqual([...planted].sort());
  });

  it('is as a second count says that knows neither generator nor product', async () => {
    const text = runPython('python3', counter, [join(project.folder, 'data/raw'), '2026-01-15']);
    const counted = JSON.parse(text) as Readonly<Record<string, Counted>>;
    const reasons = await reasonsByFile();
    for (const file of report.files) {
      const name = file.path.split('/').at(-1) ?? '';
      const ours = {
        ...Object.fromEntries(keys.map((key) => [key, file[key]])),
        reasons: reasons[name] ?? {},
      };
      expect([name, ours]).toEqual([name, counted[name]]);
    }
  });
});
