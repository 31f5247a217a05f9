import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { joinSql, nodeEffects, quoteName, quoteText, sql, trustedSql } from '../base/index.ts';
import {
  type Contract,
  noDrift,
  projectPolicies,
  readContracts,
  readProjectConfig,
} from '../contract/index.ts';
import { type Engine, openDuckDB } from '../engine/index.ts';
import { rawStage, typedStage } from './bronze-query.ts';
import { type ReadingContext, refusalConditions } from './typed-columns.ts';

// What the shipped contract of assessments refuses, judged by the engine; expected codes by hand.
const packageFolder = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(tmpdir(), `assessment-rules-${process.pid}`);
let engine: Engine;
let contract: Contract;
let words: ReadonlyMap<string, string>;

beforeAll(async () => {
  const effects = { ...(await nodeEffects()), env: {} };
  engine = await openDuckDB({ memoryLimitBytes: 500e6, threads: 1, tempFolder: folder });
  const config = await readProjectConfig(folder, effects);
  if (config.kind === 'problems') throw config.problems[0];
  const builtInFolder = join(packageFolder, 'contracts');
  const contracts = await readContracts(
    { builtInFolder, projectFolder: folder, config: config.value },
    effects,
  );
  if (contracts.kind === 'problems') throw contracts.problems[0];
  const found = contracts.value.find((one) => one.feed === 'assessments');
  if (found === undefined) throw new Error('no contract of assessments');
  contract = found;
  const results = await readFile(
    join(packageFolder, 'models/reference/assessment_result.sql'),
    'utf8',
  );
  const rows = await engine.rows(trustedSql(results));
  words = new Map(rows.map((row) => [String(row.raw), String(row.code)]));
});
afterAll(() => engine[Symbol.asyncDispose]());

type Cells = readonly string[];

/** What each row of a file with these columns is refused for, as `code column`; a line a row. */
const judge = async (
  columns: readonly string[],
  rows: readonly Cells[],
  policies: Readonly<Record<string, string | number>> = {},
): Promise<readonly string[]> => {
  const header = ['assessment_id', 'student_id', ...columns];
  const context: ReadingContext = {
    positions: new Map(header.map((name, index) => [name, index])),
    drift: noDrift,
    vocabularies: new Map([['assessment_result', words]]),
    policies: new Map([...projectPolicies({ policies: [] }), ...Object.entries(policies)]),
    timeZone: 'UTC',
    receivedOn: '2025-06-16',
  };
  const lines = rows.map(
    (row, index) => sql`(${index}, ${joinSql([`t${index}`, 's1', ...row].map(quoteText))})`,
  );
  const cells = header.map((_, index) => quoteName(`c${index}`));
  const from = sql`select * from (values ${joinSql(lines)}) as t(place, ${joinSql(cells)})`;
  const kept = [quoteName('place')];
  const reasons = refusalConditions(contract, context).map(
    ({ code, column, when }) =>
      sql`case when coalesce(${when}, false) then ${quoteText(`${code} ${column}`)} end`,
  );
  const found = await engine.rows(sql`select concat_ws(', ', ${joinSql(reasons)}) as reasons
    from (select *, ${typedStage(contract, context)} from (${rawStage(contract, context, { from, cells, kept })})) order by place`);
  return found.map((row) => String(row.reasons));
};

type Case = readonly [cells: string, expected: string];

const usual = ['score', 'max_score', 'result'];

/** Cells are written with `|` between them. */
const expectJudged = async (
  cases: readonly Case[],
  columns: readonly string[] = usual,
  policies: Readonly<Record<string, string | number>> = {},
): Promise<void> => {
  const rows = cases.map(([cells]) => cells.split('|').map((cell) => cell.trim()));
  const found = await judge(columns, rows, policies);
  expect(cases.map(([cells], index) => [cells, found[index]])).toEqual(cases);
};

describe('a row of assessments', () => {
  it('is refused for its score, its highest score and its result, and for every reason at once', () =>
    expectJudged([
      ['7       | 10   |        ', ''],
      ['0       | 10   |        ', ''],
      ['10      | 10   |        ', ''],
      ['11      | 10   |        ', 'score_above_max score'],
      ['10.000001 | 10 |        ', 'score_above_max score'],
      ['        | 10   |        ', 'score_missing score'],
      ['NA      | 10   |        ', 'score_missing score'],
      ['-       | 10   | scored ', 'score_missing score'],
      ['        | 10   | exempt ', ''],
      ['        | 10   | Absent ', ''],
      ['        |      | missing', ''],
      ['11      | 10   | ex     ', ''],
      ['-1      | 10   | exempt ', ''],
      ['-1      | 10   |        ', 'score_negative score'],
      ['-0.5    | 10   | scored ', 'score_negative score'],
      ['5       | 0    |        ', 'max_score_zero max_score'],
      ['0       | 0    |        ', 'max_score_zero max_score'],
      ['5       | -10  |        ', 'max_score_zero max_score'],
      ['-5      | -10  |        ', 'score_negative score, max_score_zero max_score'],
      ['5       |      |        ', 'max_score_missing max_score'],
      ['-5      |      |        ', 'score_negative score, max_score_missing max_score'],
      ['        |      |        ', 'score_missing score, max_score_missing max_score'],
      ['many    | 10   |        ', 'number_invalid score'],
      ['5       | ten  |        ', 'number_invalid max_score'],
      ['5.0000001 | 10 |        ', 'number_invalid score'],
      ['5       | 10   | dunno  ', 'status_unknown result'],
    ]));

  it('may be above the highest score as far as assessment.max_percent says', () =>
    expectJudged(
      [
        ['11 | 10 | ', ''],
        ['12 | 10 | ', ''],
        ['12.01 | 10 | ', 'score_above_max score'],
        ['13 | 10 | ', 'score_above_max score'],
        ['5  | 0  | ', 'max_score_zero max_score'],
      ],
      usual,
      { 'assessment.max_percent': 120 },
    ));

  it.each(['clip', 'keep'])('may be above the highest score with assessment.above_max: %s', (how) =>
    expectJudged(
      [
        ['13 | 10 | ', ''],
        ['-1 | 10 | ', 'score_negative score'],
      ],
      usual,
      { 'assessment.above_max': how },
    ),
  );

  it('without a score was not handed in, with assessment.blank_score: missing', () =>
    expectJudged(
      [
        [' | 10 | ', ''],
        [' |    | ', ''],
        ['5 |   | ', 'max_score_missing max_score'],
        [' |    | scored', 'max_score_missing max_score'],
      ],
      usual,
      { 'assessment.blank_score': 'missing' },
    ));

  it('is judged by assessment.default_max_score where the file has no max_score', async () => {
    const cases: readonly Case[] = [
      ['100', ''],
      ['101', 'score_above_max score'],
      ['', 'score_missing score'],
      ['-1', 'score_negative score'],
    ];
    await expectJudged(cases, ['score']);
    await expectJudged([['51', 'score_above_max score']], ['score'], {
      'assessment.default_max_score': 50,
    });
  });

  it('needs no score where the file has no such column', () =>
    expectJudged([['missing', '']], ['result']));
});
