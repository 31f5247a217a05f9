import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assessmentsJson, attendanceCsv, studentsCsv } from '../kit/csv.ts';
import { packageFolder } from '../kit/school-project.ts';

// The tarball as a user gets it, installed into an empty folder. Needs the build in dist/.
const folder = mkdtempSync(join(tmpdir(), 'schoolhouse-pack-'));
const school = join(folder, 'school');
let packed: readonly string[] = [];

const npm = (args: readonly string[], cwd: string): string =>
  execFileSync('npm', [...args], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

const type = (...args: readonly string[]) =>
  spawnSync(join(school, 'node_modules/.bin/schoolhouse'), args, { cwd: school, encoding: 'utf8' });

beforeAll(() => {
  const told: unknown = JSON.parse(
    npm(['pack', '--json', '--ignore-scripts', '--pack-destination', folder], packageFolder),
  );
  const [tarball] = told as readonly { filename: string; files: readonly { path: string }[] }[];
  packed = (tarball?.files ?? []).map((file) => file.path);
  mkdirSync(join(school, 'data/raw'), { recursive: true });
  writeFileSync(join(school, 'package.json'), '{ "private": true }\n');
  npm(
    [
      'install',
      '--prefer-offline',
      '--no-audit',
      '--no-fund',
      join(folder, tarball?.filename ?? ''),
    ],
    school,
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('npm pack', () => {
  it('holds the program, contracts, models and the licence, and no sources, tests or test kits', () => {
    expect(packed).toEqual(
      expect.arrayContaining([
        'package.json',
        'LICENSE',
        'bin/schoolhouse.js',
        'dist/cli/main.js',
        'contracts/students.odcs.yaml',
        'models/gold/class_daily_performance.sql',
      ]),
    );
    const notForUsers = /\.test\.|(^|\/)toy-|^(src|test|bench|docs)\//;
    expect(packed.filter((path) => notForUsers.test(path))).toEqual([]);
  });

  it('works in an empty folder: --version, a run of three files, a question', () => {
    const npx = spawnSync('npx', ['--no-install', 'schoolhouse', '--version'], {
      cwd: school,
      encoding: 'utf8',
    });
    expect(npx.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    const raw = join(school, 'data/raw');
    writeFileSync(join(raw, 'students.csv'), studentsCsv([['S1', 'C1']]));
    writeFileSync(join(raw, 'attendance.csv'), attendanceCsv([['a1', 'S1', '2025-03-03', 'P']]));
    writeFileSync(
      join(raw, 'assessments.json'),
      assessmentsJson([
        {
          assessment_id: 'x1',
          student_id: 'S1',
          score: 7,
          max_score: 8,
          assessment_date: '2025-03-03',
        },
      ]),
    );
    const run = type('run', '--json');
    expect([run.status, run.stderr]).toEqual([0, '']);
    expect(JSON.parse(run.stdout)).toMatchObject({
      status: 'ok',
      totals: { read: 3, loaded: 3, quarantined: 0 },
    });
    const asked = type(
      'query',
      '--json',
      'select class_id, attendance_rate, avg_score from class_daily_performance',
    );
    expect(JSON.parse(asked.stdout)).toEqual([
      { class_id: 'C1', attendance_rate: 100, avg_score: 87.5 },
    ]);
    expect(type('run').status).toBe(0);
    expect(readdirSync(school).sort()).toEqual([
      'data',
      'node_modules',
      'package-lock.json',
      'package.json',
    ]);
  });

  it('says what to do when the engine was not installed with it', () => {
    const engine = join(school, 'node_modules/@duckdb');
    renameSync(engine, `${engine}-away`);
    const run = type('run');
    renameSync(`${engine}-away`, engine);
    expect([run.status, run.stdout]).toEqual([3, '']);
    expect(run.stderr).toContain('error system.program-incomplete');
    expect(run.stderr).toContain('Install Schoolhouse again');
  });
});
