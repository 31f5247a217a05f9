import { expect, test } from 'vitest';
import type { Compiled } from '../base/index.ts';
import { listSettings } from './list-settings.ts';
import { type ProjectConfig, readConfig, readProjectConfig } from './project-config.ts';
import { toyProject } from './toy-project.ts';

const read = async (
  text: string | undefined,
  env: Readonly<Record<string, string>> = {},
): Promise<Compiled<ProjectConfig>> => {
  await using project = await toyProject(
    text === undefined ? {} : { 'schoolhouse.yaml': text },
    env,
  );
  return await readProjectConfig(project.folder, project.effects);
};

const readOk = async (
  text: string | undefined,
  env: Readonly<Record<string, string>> = {},
): Promise<ProjectConfig> => {
  const config = await read(text, env);
  if (config.kind === 'problems') throw new Error(config.problems.map(String).join('\n'));
  return config.value;
};

const readProblems = async (
  text: string,
  env: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> => {
  const config = await read(text, env);
  if (config.kind === 'ok') throw new Error('no problem');
  return config.problems.map(({ code, message, place, hint }) => {
    const at = [place?.file, place?.line, place?.column].filter((part) => part !== undefined);
    return `${code} ${at.join(':')} ${message}${hint === undefined ? '' : ` ${hint}`}`;
  });
};

test('a project without schoolhouse.yaml has every default', async () => {
  const { settings, feeds, policies } = await readOk(undefined);
  expect(settings).toEqual({
    name: 'my-school',
    timezone: 'UTC',
    'sources.local': ['data/raw'],
    ignore: [],
    'lake.keep': 30,
    'lake.grace_days': 7,
    'quarantine.budget_pct': 5,
    'quarantine.budget_rows': 10,
    'quarantine.orphan_budget': null,
    'run.memory_limit': null,
    'students.infer': 'auto',
    'students.max_missing': 20,
    'privacy.key_secret': null,
  });
  expect(feeds).toEqual({});
  expect(policies).toEqual([]);
});

test('values of the file are read by their types', async () => {
  const { settings } = await readOk(`
name: 42
timezone: America/New_York
sources: { local: drop/*.csv }
ignore: ['*.bak', old/**]
lake: { keep: 5, grace_days: 0.5 }
quarantine: { budget_pct: 2.5, orphan_budget: none }
run: { memory_limit: 1.5GB }
students: { infer: true }
`);
  expect(settings).toMatchObject({
    name: '42',
    timezone: 'America/New_York',
    'sources.local': ['drop/*.csv'],
    ignore: ['*.bak', 'old/**'],
    'lake.keep': 5,
    'lake.grace_days': 0.5,
    'quarantine.budget_pct': 2.5,
    'quarantine.orphan_budget': null,
    'run.memory_limit': 1_500_000_000,
    'students.infer': 'true',
  });
});

test('every problem is told at once, by line and column, with a hint', async () => {
  const found = await readProblems(
    [
      'tmezone: UTC',
      'lake:',
      '  keep: many',
      '  grace_dys: 3',
      'quarantine: { budget_pct: 101 }',
      'feeds:',
      '  students:',
      '    colums: { student_id: ID }',
      '    loadStrategy: replace',
      '  Bad-Name: {}',
      'policies:',
      '  chronic.treshold_pct: 10',
      '  chronic.min_days: -1',
    ].join('\n'),
  );
  expect(found).toEqual([
    'config.unknown-key schoolhouse.yaml:1:1 The file has no key tmezone. Closest: timezone.',
    'config.wrong-value schoolhouse.yaml:3:9 lake.keep must be a whole number from 1 to 100000.',
    'config.unknown-key schoolhouse.yaml:4:3 lake has no key grace_dys. Closest: grace_days.',
    'config.wrong-value schoolhouse.yaml:5:27 quarantine.budget_pct must be a number from 0 to 100.',
    'config.unknown-key schoolhouse.yaml:8:5 feeds.students has no key colums. Closest: columns.',
    'config.wrong-value schoolhouse.yaml:9:19 feeds.students.loadStrategy must be one of upsert, append, replaceBatch.',
    'config.wrong-value schoolhouse.yaml:10:3 The key feeds.Bad-Name must be a name of small letters, digits and _, beginning with a letter, at most 63 long.',
    'config.unknown-policy schoolhouse.yaml:12:3 There is no policy chronic.treshold_pct. Closest: chronic.threshold_pct.',
    'config.wrong-value schoolhouse.yaml:13:21 policies.chronic.min_days must be a whole number from 0.',
  ]);
});

test('sources lie below the project folder', async () => {
  for (const path of ['../other', '/srv/drop', 'data/../../x', 'C:/drop']) {
    const [problem] = await readProblems(`sources: { local: [${JSON.stringify(path)}] }\n`);
    expect([path, problem]).toEqual([path, expect.stringContaining('path below the project')]);
    expect(problem?.startsWith('config.wrong-value schoolhouse.yaml:1:')).toBe(true);
  }
});

test('a text where a section should be is told once', async () => {
  expect(await readProblems('lake: 5\nfeeds: x\n')).toEqual([
    'config.wrong-value schoolhouse.yaml:1:7 lake must be a section of key: value lines.',
    'config.wrong-value schoolhouse.yaml:2:8 feeds must be a section of key: value lines.',
  ]);
  expect(await readProblems('- a\n')).toEqual([
    'config.wrong-value schoolhouse.yaml:1:1 The file must be a section of key: value lines.',
  ]);
});

test('a YAML error has its place', async () => {
  const [found] = await readProblems('name: x\nlake: { keep: 5\nname: y\n');
  expect(found).toMatch(/^config\.yaml schoolhouse\.yaml:\d+:\d+ /);
});

test('the environment wins over the file, a flag over both', async () => {
  const text = 'lake: { keep: 5 }\nquarantine: { budget_pct: 1 }\nrun: { memory_limit: 1GB }\n';
  const env = { SCHOOLHOUSE__LAKE__KEEP: '6', SCHOOLHOUSE__RUN__MEMORY_LIMIT: '2GB' };
  await using project = await toyProject({ 'schoolhouse.yaml': text }, env);
  const config = await readConfig(
    {
      projectFolder: project.folder,
      flags: [{ key: 'run.memory_limit', flag: '--memory-limit', value: '3GB' }],
    },
    project.effects,
  );
  if (config.kind === 'problems') throw config.problems[0];
  const { settings, origins } = config.value;
  expect(settings['lake.keep']).toBe(6);
  expect(origins['lake.keep'].origin).toBe('environment SCHOOLHOUSE__LAKE__KEEP');
  expect(settings['quarantine.budget_pct']).toBe(1);
  expect(origins['quarantine.budget_pct']).toEqual({
    source: 'file',
    origin: 'schoolhouse.yaml:2',
  });
  expect(settings['run.memory_limit']).toBe(3_000_000_000);
  expect(origins['run.memory_limit']).toEqual({ source: 'flag', origin: 'flag --memory-limit' });
  expect(origins.name).toEqual({ source: 'default', origin: 'default' });
});

test('a wrong value is told of the flag when it stands over the environment', async () => {
  await using project = await toyProject({}, { SCHOOLHOUSE__RUN__MEMORY_LIMIT: '2GB' });
  const flags = [{ key: 'run.memory_limit', flag: '--memory-limit', value: 'lots' }] as const;
  const config = await readConfig({ projectFolder: project.folder, flags }, project.effects);
  expect(config.kind === 'problems' && config.problems[0]?.place).toEqual({
    file: 'flag --memory-limit',
  });
});

test('lists in the environment are JSON, policies and feeds can be set there too', async () => {
  const config = await readOk('policies: { chronic: { min_days: 20 } }\n', {
    SCHOOLHOUSE__IGNORE: '["*.bak", "007"]',
    SCHOOLHOUSE__POLICIES__CHRONIC__MIN_DAYS: '31',
    SCHOOLHOUSE__FEEDS__ASSESSMENTS__LOADSTRATEGY: 'upsert',
    SCHOOLHOUSE__FEEDS__ASSESSMENTS__RECORDS: 'data.items',
  });
  expect(config.settings.ignore).toEqual(['*.bak', '007']);
  expect(config.policies).toMatchObject([
    {
      key: 'chronic.min_days',
      value: '31',
      source: 'environment SCHOOLHOUSE__POLICIES__CHRONIC__MIN_DAYS',
    },
  ]);
  expect(config.feeds).toEqual({ assessments: { loadStrategy: 'upsert', records: 'data.items' } });
});

test('problems of the environment name the variable, never its value', async () => {
  const found = await readProblems('name: x\n', {
    SCHOOLHOUSE__LAKE__KEPT: 'hush',
    SCHOOLHOUSE__TIMEZONE: 'Mars/Hush',
  });
  expect(found).toEqual([
    'config.unknown-key environment SCHOOLHOUSE__LAKE__KEPT The configuration has no key SCHOOLHOUSE__LAKE__KEPT. Closest: SCHOOLHOUSE__LAKE__KEEP.',
  ]);
  const zone = await readProblems('name: x\n', { SCHOOLHOUSE__TIMEZONE: 'Mars/Hush' });
  expect(zone).toEqual([
    'config.wrong-value environment SCHOOLHOUSE__TIMEZONE timezone must be a time zone such as Europe/Berlin or America/New_York.',
  ]);
});

test('the zone of the machine is the default, when TZ names one', async () => {
  const named = await readOk(undefined, { TZ: ':Asia/Tokyo' });
  expect(named.settings.timezone).toBe('Asia/Tokyo');
  expect(named.origins.timezone.origin).toBe('environment TZ');
  expect((await readOk(undefined, { TZ: 'nowhere' })).settings.timezone).toBe('UTC');
  expect((await readOk('timezone: UTC', { TZ: 'Asia/Tokyo' })).settings.timezone).toBe('UTC');
});

test('the list for doctor masks secrets and says where each value came from', async () => {
  const config = await readOk('lake: { keep: 5 }\n', {
    SCHOOLHOUSE__PRIVACY__KEY_SECRET: 'hush',
  });
  const listed = listSettings(config);
  expect(JSON.stringify(listed)).not.toContain('hush');
  expect(listed.find((one) => one.key === 'privacy.key_secret')).toMatchObject({
    value: '***',
    origin: 'environment SCHOOLHOUSE__PRIVACY__KEY_SECRET',
  });
  expect(listed.find((one) => one.key === 'lake.keep')).toMatchObject({
    value: '5',
    defaultSaid: '30',
    variable: 'SCHOOLHOUSE__LAKE__KEEP',
    origin: 'schoolhouse.yaml:1',
  });
  expect(listed.every((one) => one.description.endsWith('.'))).toBe(true);
});
