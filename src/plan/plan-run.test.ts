import { describe, expect, it } from 'vitest';
import type { Contract } from '../contract/index.ts';
import type { Model, ModelGraph } from '../model/index.ts';
import { type PlanInput, planRun } from './plan-run.ts';

const contract = (feed: string): Contract => ({
  ...{ feed, description: '', version: '1', columns: [], key: ['id'], naturalKey: undefined },
  ...{
    loadStrategy: 'append',
    newestBy: undefined,
    filePatterns: [`*${feed}*`],
    records: undefined,
    encoding: undefined,
  },
  ...{
    nullTokens: [],
    relationships: [],
    rules: [],
    onNewColumn: 'ignore',
    onMissingColumn: 'ignore',
  },
  ...{ onTypeChange: 'quarantine', place: { file: `${feed}.yaml` }, hash: feed },
});

const model = (relation: string, reads: readonly string[]): Model => ({
  ...{
    relation,
    schema: relation.split('.')[0] ?? '',
    name: relation.split('.')[1] ?? '',
    sql: '',
    holds: null,
    reads,
  },
  ...{
    grain: '',
    description: '',
    key: [],
    refresh: { kind: 'full' },
    columns: [],
    partitionBy: null,
  },
  ...{ sortBy: [], policy: 'school', checks: [], tests: [], place: { file: 'x.sql' }, hash: '' },
});

const graph: ModelGraph = {
  models: [
    model('silver.dim_student', ['staging.students_versions']),
    model('silver.fact_attendance', ['staging.attendance', 'silver.dim_student']),
    model('silver.fact_homework', ['staging.homework']),
    model('gold.absence', ['silver.fact_attendance']),
  ],
  checks: [],
  inputs: [],
};

const input: PlanInput = {
  files: [],
  received: new Map(),
  known: new Map(),
  pending: [],
  contracts: [contract('students'), contract('attendance'), contract('homework')],
  graph,
  behind: new Set(),
};

const file = (path: string, sha256: string | null, sizeBytes = 9) => ({ path, sha256, sizeBytes });

describe('planRun', () => {
  it('loads a new file and touches what reads its feed, and nothing else', () => {
    const plan = planRun({ ...input, files: [file('data/raw/attendance_20250611.csv', 'aa')] });
    expect(plan.files).toEqual([
      {
        action: 'load',
        path: 'data/raw/attendance_20250611.csv',
        feed: 'attendance',
        batch_date: '2025-06-11',
        why: 'new',
      },
    ]);
    expect(plan.models.map((one) => one.relation)).toEqual([
      'silver.fact_attendance',
      'gold.absence',
    ]);
  });

  it('skips the bytes that a path or another path has, and builds nothing', () => {
    const received = new Map([['data/raw/homework.csv', 'aa']]);
    const files = [file('data/raw/homework.csv', 'aa'), file('data/raw/homework copy.csv', 'aa')];
    const plan = planRun({ ...input, files, received });
    expect(plan.files.map((one) => [one.action, one.why])).toEqual([
      ['skip', 'same'],
      ['skip', 'same_bytes_elsewhere'],
    ]);
    expect(plan.files[1]?.repeats).toBe('data/raw/homework.csv');
    expect(plan.models).toEqual([]);
  });

  it('says from which bytes to which a file changed', () => {
    const received = new Map([['data/raw/homework.csv', '9c41e2ffff']]);
    const plan = planRun({
      ...input,
      files: [file('data/raw/homework.csv', '07bd15ffff')],
      received,
    });
    expect(plan.files[0]).toMatchObject({
      action: 'load',
      why: 'changed',
      before: '9c41e2',
      after: '07bd15',
    });
  });

  it('reads a set-aside file again only when it would be read differently', () => {
    const path = 'data/raw/homework.csv';
    const received = new Map([[path, 'aa']]);
    const aside = { path, feed: 'homework', status: 'set_aside', reason: 'budget' } as const;
    const plan = (isReadDifferently: boolean) =>
      planRun({
        ...input,
        files: [file(path, 'aa')],
        received,
        known: new Map([[path, { ...aside, isReadDifferently }]]),
      });
    expect(plan(false).files[0]).toMatchObject({
      action: 'aside',
      why: 'set_aside',
      reason: 'budget',
    });
    expect(plan(true).files[0]).toMatchObject({ action: 'load', why: 'retry', reason: 'budget' });
  });

  it('goes on with what a killed run received, also when the file is gone', () => {
    const plan = planRun({
      ...input,
      pending: ['data/raw/students.csv'],
      received: new Map([['data/raw/students.csv', 'aa']]),
    });
    expect(plan.files).toMatchObject([{ action: 'load', why: 'pending', feed: 'students' }]);
    expect(plan.models.map((one) => one.relation)).toEqual([
      'silver.dim_student',
      'silver.fact_attendance',
      'gold.absence',
    ]);
  });

  it('builds what is behind, and what reads it', () => {
    const plan = planRun({ ...input, behind: new Set(['silver.fact_attendance']) });
    expect(plan.models).toEqual([
      { relation: 'silver.fact_attendance', why: 'behind' },
      { relation: 'gold.absence', why: 'touched' },
    ]);
  });

  it('touches every feed when only its entries can tell what a file is', () => {
    const plan = planRun({ ...input, files: [file('data/raw/export.zip', 'aa')] });
    expect(plan.files[0]).toMatchObject({ action: 'load', feed: null });
    expect(plan.models).toHaveLength(4);
  });

  it('lays aside a file that no feed is named for, and one without the column of its key', () => {
    const keyless = { ...file('data/raw/homework.csv', 'bb'), header: ['title', 'due'] };
    const plan = planRun({ ...input, files: [file('data/raw/export.json', 'aa'), keyless] });
    expect(plan.files.map((one) => [one.action, one.why, one.reason, one.feed])).toEqual([
      ['aside', 'misfit', 'feed_unmatched', null],
      ['aside', 'misfit', 'key_column_missing', 'homework'],
    ]);
    expect(plan.models).toEqual([]);
  });

  it('lays aside what is empty or no file', () => {
    const link = { ...file('data/raw/link.csv', null), unsafe: 'link' };
    const plan = planRun({ ...input, files: [file('data/raw/empty.csv', 'e3b0', 0), link] });
    expect(plan.files.map((one) => [one.action, one.why])).toEqual([
      ['aside', 'file_empty'],
      ['aside', 'file_unsafe'],
    ]);
  });
});
