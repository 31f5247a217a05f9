import { type Sql, trustedSql } from '../base/index.ts';
import type { Cell, Engine, QueryResult } from '../engine/index.ts';
import type { Check, Model, ModelGraph, ModelTest } from './model.ts';
import { createFixture } from './run-fixture.ts';
import { withScratch } from './with-scratch.ts';

type Expected = ModelTest['expect'][number];

/** One way in which a query did not give what its test expects. Values are those of the fixture. */
export type Difference =
  | { readonly kind: 'missing'; readonly row: string }
  | { readonly kind: 'extra'; readonly row: string }
  | {
      readonly kind: 'cell';
      readonly row: string;
      readonly column: string;
      readonly expected: string | null;
      readonly actual: string | null;
    }
  | { readonly kind: 'silent' }
  | { readonly kind: 'false-alarm'; readonly rows: number };

/** One line of English for a difference. */
export const describeDifference = (difference: Difference): string => {
  switch (difference.kind) {
    case 'missing':
      return `missing row ${difference.row}`;
    case 'extra':
      return `extra row ${difference.row}`;
    case 'cell':
      return `${difference.row}: ${difference.column} is ${difference.actual}, expected ${difference.expected}`;
    case 'silent':
      return 'the check finds nothing in the rows that should trip it';
    case 'false-alarm':
      return `the check finds ${difference.rows} rows in empty relations`;
    default:
      return difference satisfies never;
  }
};

/** Decimal text without what does not change the number: `050.00` is `50`, `-0.0` is `0`. */
const plainNumber = (text: string): string => {
  const [, sign = '', whole = '', fraction = ''] = /^([+-]?)(\d*)\.?(\d*)$/.exec(text) ?? [];
  const left = whole.replace(/^0+(?=\d)/, '') || '0';
  const right = fraction.replace(/0+$/, '');
  const number = right === '' ? left : `${left}.${right}`;
  return sign === '-' && number !== '0' ? `-${number}` : number;
};

const numeric = /^(DECIMAL|U?(TINY|SMALL|BIG|HUGE)?INT|U?INTEGER)/;

/** A cell as text that is equal when the values are: numbers exactly, timestamps with a T. */
const comparable = (value: Cell | undefined, type: string): string | null => {
  if (value === null || value === undefined) return null;
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  if (numeric.test(type) && /^[+-]?(\d+\.?\d*|\.\d+)$/.test(text)) return plainNumber(text);
  if (type.startsWith('TIMESTAMP')) {
    const at = text
      .replace(' ', 'T')
      .replace(/(\.\d*?)0+$/, '$1')
      .replace(/\.$/, '');
    return /^\d{4}-\d\d-\d\d$/.test(at) ? `${at}T00:00:00` : at;
  }
  return text;
};

type Compared = Readonly<Record<string, string | null>>;

const showRow = (row: Compared): string =>
  Object.entries(row)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');

const compareRows = (
  result: QueryResult,
  expect: readonly Expected[],
  key: readonly string[],
): readonly Difference[] => {
  const types = new Map(result.columns.map((column) => [column.name, column.type]));
  const convert = (row: Readonly<Record<string, Cell>>): Compared =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [name, comparable(value, types.get(name) ?? '')]),
    );
  let left = result.rows.map(convert);
  const wanted = expect.map(convert);
  const take = (row: Compared | undefined): void => {
    left = left.filter((other) => other !== row);
  };
  const agrees = (row: Compared, other: Compared, columns: readonly string[]): boolean =>
    columns.every((column) => column in other && row[column] === other[column]);
  // Whole matches first, so that a row that only shares the key is not taken away from its twin.
  const unmatched = wanted.filter((row) => {
    const twin = left.find((other) => agrees(row, other, Object.keys(row)));
    take(twin);
    return twin === undefined;
  });
  const differences = unmatched.flatMap((row): readonly Difference[] => {
    const keyed = key.length > 0 && key.every((column) => column in row);
    const twin = keyed ? left.find((other) => agrees(row, other, key)) : undefined;
    if (twin === undefined) return [{ kind: 'missing', row: showRow(row) }];
    take(twin);
    const shown = showRow(Object.fromEntries(key.map((column) => [column, row[column] ?? null])));
    return Object.keys(row)
      .filter((column) => row[column] !== twin[column])
      .map((column) => ({
        kind: 'cell',
        row: shown,
        column,
        expected: row[column] ?? null,
        actual: column in twin ? (twin[column] ?? null) : '(no such column)',
      }));
  });
  return [...differences, ...left.map((row): Difference => ({ kind: 'extra', row: showRow(row) }))];
};

/**
 * Runs a model over a test's given rows and compares: every row, the columns that `expect` names, in any
 * order. Empty when all is as expected.
 */
export const runModelTest = (
  engine: Engine,
  graph: ModelGraph,
  model: Model,
  test: ModelTest,
): Promise<readonly Difference[]> =>
  withScratch(engine, async () => {
    const user = `Test "${test.name}" of ${model.relation}`;
    await createFixture(engine, { graph, reads: model.reads, fixture: test.given, user });
    return compareRows(await engine.query(trustedSql(model.sql)), test.expect, model.key);
  });

/** Runs a check over the rows that should trip it, and over none. Empty when it finds the first and not the second. */
export const runCheckTrip = async (
  engine: Engine,
  graph: ModelGraph,
  check: Check,
): Promise<readonly Difference[]> => {
  const query: Sql = trustedSql(check.sql);
  const count = (fixture: Check['trips']): Promise<number> =>
    withScratch(engine, async () => {
      const user = `Check ${check.name}`;
      await createFixture(engine, { graph, reads: check.reads, fixture, user });
      return (await engine.rows(query)).length;
    });
  const rows = await count({});
  return [
    ...((await count(check.trips)) === 0 ? [{ kind: 'silent' } as const] : []),
    ...(rows > 0 ? [{ kind: 'false-alarm', rows } as const] : []),
  ];
};
