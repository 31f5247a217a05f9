import { expect, test } from 'vitest';
import { policies } from './policies.ts';
import { type ProjectConfig, readProjectConfig } from './project-config.ts';
import { policyValue, projectPolicies, resolvePolicies } from './resolve-policies.ts';
import { toyProject } from './toy-project.ts';

const read = async (yaml: string): Promise<ProjectConfig> => {
  await using project = await toyProject({ 'schoolhouse.yaml': yaml });
  const config = await readProjectConfig(project.folder, project.effects);
  if (config.kind === 'problems') throw new Error(config.problems.map(String).join('\n'));
  return config.value;
};

const problemsOf = async (yaml: string): Promise<readonly string[]> => {
  await using project = await toyProject({ 'schoolhouse.yaml': yaml });
  const config = await readProjectConfig(project.folder, project.effects);
  return config.kind === 'ok'
    ? []
    : config.problems.map(({ code, place }) => `${code} ${place?.line}`);
};

const rowsOf = (config: ProjectConfig, key: string) =>
  resolvePolicies(config)
    .filter((row) => row.key === key)
    .map((row) => [
      row.scope_type,
      row.scope_id,
      row.value,
      row.effective_from,
      row.effective_to,
      row.source,
    ]);

test('without rows of the user every policy has its default', async () => {
  const rows = resolvePolicies(await read('name: x'));
  expect(rows).toHaveLength(Object.keys(policies).length);
  expect(rows.every((row) => row.source === 'default' && row.scope_type === 'all')).toBe(true);
  expect(rows.find((row) => row.key === 'chronic.threshold_pct')?.value).toBe('10');
  expect(rows.find((row) => row.key === 'grade.scale')?.value).toBe('A90,B80,C70,D60,F0');
});

test('every default fits its own type', async () => {
  const yaml = Object.entries(policies).map(([key, { default: value }]) => `  ${key}: '${value}'`);
  const config = await read(`policies:\n${yaml.join('\n')}\n`);
  expect(config.policies.map((row) => row.value)).toEqual(
    Object.values(policies).map((policy) => policy.default),
  );
});

test('a value alone, in sections or as a list holds for the whole project', async () => {
  const config = await read(`policies:
  chronic.threshold_pct: 12.5
  chronic: { tiers: [4, 8, 16], excused_counts: false }
  year.start: 08-15
`);
  expect(rowsOf(config, 'chronic.threshold_pct')).toEqual([
    ['all', null, '12.5', null, null, 'schoolhouse.yaml:2'],
  ]);
  expect(rowsOf(config, 'chronic.tiers')[0]?.[2]).toBe('4,8,16');
  expect(rowsOf(config, 'chronic.excused_counts')[0]?.[2]).toBe('false');
  expect(rowsOf(config, 'year.start')[0]?.[2]).toBe('08-15');
});

test('scoped and dated rows stand beside the default, which fills the days they leave open', async () => {
  const config = await read(`policies:
  chronic.threshold_pct:
    - { value: 8, scope_type: class, scope_id: 007 }
    - { value: 9, effective_from: 2024-07-01, effective_to: 2025-06-30 }
    - { value: 11, effective_from: 2026-07-01 }
  attendance.half_day_is: { value: half, effective_from: 2025-02-01 }
`);
  expect(rowsOf(config, 'chronic.threshold_pct')).toEqual([
    ['all', null, '10', null, '2024-06-30', 'default'],
    ['all', null, '10', '2025-07-01', '2026-06-30', 'default'],
    ['class', '007', '8', null, null, 'schoolhouse.yaml:3'],
    ['all', null, '9', '2024-07-01', '2025-06-30', 'schoolhouse.yaml:4'],
    ['all', null, '11', '2026-07-01', null, 'schoolhouse.yaml:5'],
  ]);
  expect(rowsOf(config, 'attendance.half_day_is')).toEqual([
    ['all', null, 'absent', null, '2025-01-31', 'default'],
    ['all', null, 'half', '2025-02-01', null, 'schoolhouse.yaml:6'],
  ]);
});

test('rows of one scope that share a day are a problem, at the later one', async () => {
  const yaml = `policies:
  chronic.min_days:
    - { value: 10, effective_to: 2025-06-30 }
    - { value: 20, effective_from: 2025-06-30 }
    - { value: 30, scope_type: class, scope_id: A }
    - { value: 31, scope_type: class, scope_id: A, effective_from: 2025-01-01 }
    - { value: 30, scope_type: class, scope_id: B }
`;
  expect(await problemsOf(yaml)).toEqual(['config.policy-overlap 4', 'config.policy-overlap 6']);
  expect(await problemsOf('policies:\n  year.start: 07-01\n  year: { start: 08-01 }\n')).toEqual([
    'config.policy-overlap 3',
  ]);
});

test('a scope or dates that a policy cannot have, and a scope without its id, are problems', async () => {
  const yaml = `policies:
  assessment.max_percent: { value: 120, effective_from: 2025-01-01 }
  assessment.above_max: { value: clip, scope_type: school, scope_id: S1 }
  attendance.period_rule: { value: half, scope_type: class, scope_id: A }
  chronic.min_days: { value: 5, scope_type: class }
  truancy.year_days: { value: 5, scope_id: A }
  trend.min_days: { value: 5, scop: all }
  ew.profile: { value: balfanz, effective_from: 2025-02-30 }
  top.limit: { value: 3, effective_from: 2025-02-02, effective_to: 2025-02-01 }
`;
  expect(await problemsOf(yaml)).toEqual([
    'config.policy-scope 2',
    'config.policy-scope 3',
    'config.policy-scope 4',
    'config.missing-key 5',
    'config.missing-key 6',
    'config.unknown-key 7',
    'config.wrong-value 8',
    'config.policy-dates 9',
    'config.policy-scope 9',
  ]);
});

test('a scope that no table heeds is refused where it is written, with those that may be', async () => {
  const yaml = `policies:
  chronic.min_days: { value: 5, scope_type: school, scope_id: S1 }
  assessment.missing_as_zero:
    - value: true
      scope_type: class
      scope_id: C1
`;
  await using project = await toyProject({ 'schoolhouse.yaml': yaml });
  const config = await readProjectConfig(project.folder, project.effects);
  const told = config.kind === 'ok' ? [] : config.problems;
  expect(
    told.map(({ message, place, hint }) => [place?.line, place?.column, message, hint]),
  ).toEqual([
    [
      2,
      33,
      'The policy chronic.min_days cannot be set for a school: it may be set for the whole project, a grade_level or a class.',
      'No feed tells the school of a student yet.',
    ],
    [
      5,
      7,
      'The policy assessment.missing_as_zero cannot be set for a class: it is a rule of the day, set for the whole project, of all days or of a span of days.',
      undefined,
    ],
  ]);
});

test('tiers are three, ascending; a scale begins each letter lower than the one before', async () => {
  const values = {
    'chronic.tiers': ['5,10,20,30', '5,20,10', '5,5,20', '5,10', '5,10,101'],
    'grade.scale': ['A90,B95', 'A90,A80', 'A90,B90'],
    'year.start': ['02-29', '02-30', '04-31', '13-01'],
  };
  for (const [key, given] of Object.entries(values))
    for (const value of given)
      expect(await problemsOf(`policies:\n  ${key}: '${value}'\n`), value).toEqual([
        'config.wrong-value 2',
      ]);
  const config = await read(
    "policies:\n  chronic.tiers: '2.5,10,100'\n  grade.scale: 'A+97,A90,F0'\n  year.start: 02-28\n",
  );
  expect(config.policies.map((row) => row.value)).toEqual(['2.5,10,100', 'A+97,A90,F0', '02-28']);
});

test('policies that hold for the whole project have typed values', async () => {
  const config = await read('policies: { assessment.max_percent: 120 }');
  const values = projectPolicies(config);
  expect(values.get('assessment.max_percent')).toBe(120);
  expect(values.get('assessment.above_max')).toBe('quarantine');
  expect(values.get('enrollment.end_inclusive')).toBe(true);
  expect(values.has('chronic.threshold_pct')).toBe(false);
  expect(policyValue({ kind: 'boolean' }, 'false')).toBe(false);
});
