import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateNextDay, generateSchool } from '../../src/generate/index.ts';
import { pythonPrograms, runPython } from '../kit/python.ts';
import { makeProject, type SchoolProject } from '../kit/school-project.ts';

// docs/lake-format.md, done by others: every table read through the manifest alone is row for row what `query` says.
const reader = fileURLToPath(new URL('./read_lake.py', import.meta.url));

let project: SchoolProject;
let expected: Readonly<Record<string, readonly string[]>> = {};

type Entry = {
  readonly kind: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
};

beforeAll(async () => {
  project = await makeProject();
  project.setNow('2026-01-15T12:00:00Z');
  const school = { folder: join(project.folder, 'data/raw'), students: 60, days: 30, seed: 3 };
  await generateSchool(school, project.effects);
  await project.run();
  await generateNextDay(school, project.effects);
  const { snapshot } = await project.run();
  const { relations } = JSON.parse(
    await project.effects.fs.readText(join(project.folder, `data/lake/manifests/${snapshot}.json`)),
  ) as { readonly relations: Readonly<Record<string, Entry>> };
  const tables = Object.entries(relations).filter(
    ([name, { kind }]) => kind === 'parts' && /^(silver|gold|reference)\./.test(name),
  );
  expected = await project.read(async (rows) => {
    const found: Record<string, readonly string[]> = {};
    for (const [name, { columns }] of tables) {
      const names = columns.map((column) => column.name).sort();
      const list = names.map((column) => `cast("${column}" as varchar) as "${column}"`).join(', ');
      const answer = await rows(`select ${list} from ${name}`);
      found[name] = answer
        .map((row) => JSON.stringify(names.map((column) => row[column] ?? null)))
        .sort();
    }
    return found;
  });
});
afterAll(() => project[Symbol.asyncDispose]());

const lakePackages = ['pandas==3.1.1', 'pyarrow==26.0.1', 'duckdb==2.0.0'];
const tools = [
  ['duckdb', 'lake', lakePackages],
  ['arrow', 'lake', lakePackages],
  ['pandas', 'lake', lakePackages],
  ['spark', 'spark', ['pyspark==4.3.0']],
] as const;

describe('a lake read by other programs through the manifest', () => {
  it('has rows to compare', () => {
    expect(Object.keys(expected).length).toBeGreaterThan(10);
    expect(expected['silver.fact_attendance']?.length).toBeGreaterThan(1000);
  });
  for (const [tool, environment, packages] of tools) {
    it(`${tool} reads every table, row for row`, () => {
      const python = join(pythonPrograms(environment, packages), 'python');
      const read = JSON.parse(
        runPython(python, reader, [tool, join(project.folder, 'data/lake')]),
      ) as typeof expected;
      const sorted = Object.fromEntries(
        Object.entries(read).map(([name, rows]) => [name, [...rows].sort()]),
      );
      expect(Object.keys(sorted).sort()).toEqual(Object.keys(expected).sort());
      for (const [name, rows] of Object.entries(expected)) {
        const other = sorted[name] ?? [];
        expect([name, other.length, other.find((row, index) => row !== rows[index])]).toEqual([
          name,
          rows.length,
          undefined,
        ]);
      }
    });
  }
});
