import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { quoteText, sql, trustedSql } from '../base/index.ts';
import { openDuckDB } from './duckdb/open-duckdb.ts';
import type { Cell } from './engine.ts';

const engine = await openDuckDB({
  memoryLimitBytes: 500_000_000,
  tempFolder: join(tmpdir(), 'schoolhouse-functions-test'),
});
afterAll(() => engine[Symbol.asyncDispose]());

const resultOf = async (expression: string): Promise<Cell | undefined> => {
  const [row] = await engine.rows(trustedSql(`select ${expression} as value`));
  return row?.value;
};
const typeOf = async (expression: string): Promise<string | undefined> =>
  (await engine.describe(trustedSql(`select ${expression} as value`)))[0]?.type;

/** Each text given to a function as a row of a table, so that nothing is folded away beforehand. */
const over = async (
  call: (x: string) => string,
  texts: readonly (string | null)[],
): Promise<readonly (Cell | undefined)[]> => {
  const rows = texts.map((text, i) => sql`(${i}, cast(${quoteText(text)} as varchar))`).join(', ');
  const result = await engine.rows(
    trustedSql(`select ${call('x')} as value from (values ${rows}) as t (i, x) order by i`),
  );
  return result.map((row) => row.value);
};

type Case = readonly [string, Cell];
const cases = (name: string, list: readonly Case[]): void => {
  it.each(list)(`${name}: %s is %s`, async (expression, expected) => {
    expect(await resultOf(expression)).toBe(expected);
  });
};

describe('pct', () => {
  cases('vector 1', [['pct(0, 0)', null]]);
  cases('vector 2', [
    ['pct(0, 12)', '0.00'],
    ['pct(12, 12)', '100.00'],
  ]);
  cases('vector 3', [['pct(2, 3)', '66.67']]);
  cases('vector 4, half up and not half even', [['pct(1, 32)', '3.13']]);
  cases('vector 5, exact and not double', [['pct(201, 20000)', '1.01']]);
  cases('vector 6', [['pct(13333, 20000)', '66.67']]);
  cases('vector 7', [['pct(19999, 20000)', '100.00']]);
  cases('absent shares of vectors 10 to 15', [
    ['pct(18, 180)', '10.00'],
    ['pct(17, 180)', '9.44'],
    ['pct(17, 171)', '9.94'],
    ['pct(8, 180)', '4.44'],
    ['pct(35, 180)', '19.44'],
  ]);
  cases('decimals are not rounded first', [
    ['pct(1.5, 3)', '50.00'],
    ['pct(133.33, 200)', '66.67'],
    ['pct(66.664999, 100)', '66.66'],
    ['pct(200000.5, 400001.0)', '50.00'],
  ]);
  cases('null where there is no share', [
    ['pct(null, 5)', null],
    ['pct(5, null)', null],
    ['pct(10, 1)', null],
  ]);
  cases('sums come as hugeint', [['pct(cast(2 as hugeint), cast(3 as hugeint))', '66.67']]);

  it('is decimal(5,2) for every kind of argument', async () => {
    expect(await typeOf('pct(1, 2)')).toBe('DECIMAL(5,2)');
    expect(await typeOf('pct(1.5, 2.5)')).toBe('DECIMAL(5,2)');
  });
});

describe('mean and score_pct', () => {
  cases('vector 34', [
    ['mean(score_pct(1, 3) + score_pct(2, 3) + score_pct(3, 3), 3)', '66.67'],
    ['score_pct(133.33, 200)', '66.665000'],
    ['mean(score_pct(133.33, 200), 1)', '66.67'],
  ]);
  cases('vector 37', [['mean(cast(90.00 + 89.99 as decimal(18, 6)), 2)', '90.00']]);
  cases('vectors 32 and 33', [
    ['mean(score_pct(45, 50) + score_pct(18, 20) + score_pct(30, 40), 3)', '85.00'],
    ['mean(cast(340 as decimal(18, 6)), 4)', '85.00'],
  ]);
  cases('six places, half up', [
    ['score_pct(1, 3)', '33.333333'],
    ['score_pct(2, 3)', '66.666667'],
    ['score_pct(0.000001, 64)', '0.000002'],
    ['score_pct(45000.5, 90001)', '50.000000'],
    ['score_pct(123456789.5, 200000000)', '61.728395'],
  ]);
  cases('nothing to divide by', [
    ['score_pct(5, 0)', null],
    ['score_pct(null, 10)', null],
    ['score_pct(5, null)', null],
    ['mean(cast(0 as decimal(18, 6)), 0)', null],
    ['mean(null, 3)', null],
  ]);
  cases('large sums stay exact', [
    ['mean(cast(1000000000050 as decimal(38, 6)), 20000000000)', '50.00'],
    ['mean(cast(9999999.995 as decimal(38, 6)), 100000)', '100.00'],
  ]);

  it('have the declared types', async () => {
    expect(await typeOf('score_pct(1, 2)')).toBe('DECIMAL(9,6)');
    expect(await typeOf('mean(sum(cast(1 as decimal(9, 6))), count(*))')).toBe('DECIMAL(5,2)');
  });
});

describe('int_div', () => {
  cases('towards zero', [
    ['int_div(7, 2)', 3],
    ['int_div(-7, 2)', -3],
    ['int_div(7, -2)', -3],
    ['int_div(6, 3)', 2],
    ['int_div(7, 0)', null],
    ['int_div(null, 2)', null],
  ]);
  it('is bigint', async () => expect(await typeOf('int_div(7, 2)')).toBe('BIGINT'));
});

describe('weeks', () => {
  cases('vector 31', [
    ["iso_week_start(date '2025-01-12')", '2025-01-06'],
    ["isodow(date '2025-01-12')", 7],
    ["iso_week_start(date '2027-01-01')", '2026-12-28'],
    ["isodow(date '2026-12-28')", 1],
    ['iso_week_start(null)', null],
  ]);
  it('start on a date', async () =>
    expect(await typeOf("iso_week_start(date '2025-01-12')")).toBe('DATE'));
});

describe('row_hash and key_hash', () => {
  cases('a hash tells texts, their borders and null apart', [
    ["row_hash(['a', 'b']) = row_hash(['a', 'b'])", true],
    ["row_hash(['ab', 'c']) = row_hash(['a', 'bc'])", false],
    ["row_hash(['a', null]) = row_hash(['a', ''])", false],
  ]);
  cases('SHA-256 in hexadecimal', [
    ["key_hash('abc')", 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    ['key_hash(null)', null],
  ]);
});

describe('id_text', () => {
  it('ids from CSV and JSON meet, and leading zeros stay', async () => {
    const texts = ['784', '784.0', '784.00', ' 784\t', '007', '007.0', '-5.0', 'S-0001', '1.5'];
    expect(await over((x) => `id_text(${x})`, texts)).toEqual([
      '784',
      '784',
      '784',
      '784',
      '007',
      '007',
      '-5',
      'S-0001',
      '1.5',
    ]);
  });
  it('ids beyond 2^53 stay exact', async () => {
    const texts = ['9007199254740993', '9007199254740993.0', '123456789012345678901234567890.0'];
    expect(await over((x) => `id_text(${x})`, texts)).toEqual([
      '9007199254740993',
      '9007199254740993',
      '123456789012345678901234567890',
    ]);
  });
  it('blanks of every kind are trimmed, blank is null', async () => {
    const texts = ['\u00a0a\u3000', '\ufeffb', 'c\r', 'd\n', '', '  ', '\u00a0', '\t', null];
    expect(await over((x) => `id_text(${x})`, texts)).toEqual([
      'a',
      'b',
      'c',
      'd',
      null,
      null,
      null,
      null,
      null,
    ]);
  });
  it('composed and decomposed letters meet; case and inner blanks stay', async () => {
    const texts = ['cafe\u0301', 'caf\u00e9', 'A b', 'a B', 'A1.0', '1.0.0', 'x.0'];
    expect(await over((x) => `id_text(${x})`, texts)).toEqual([
      'caf\u00e9',
      'caf\u00e9',
      'A b',
      'a B',
      'A1.0',
      '1.0.0',
      'x.0',
    ]);
  });
});

describe('parse_date', () => {
  const iso = (texts: readonly string[]) => over((x) => `parse_date(${x}, 'iso')`, texts);

  it('ISO dates of 1900 to 2199 are read', async () => {
    const texts = [
      '2024-02-29',
      '1900-01-01',
      '2199-12-31',
      '2024-08-01T00:00:00',
      '2024-08-01 00:00',
    ];
    expect(await iso(texts)).toEqual([
      '2024-02-29',
      '1900-01-01',
      '2199-12-31',
      '2024-08-01',
      '2024-08-01',
    ]);
  });
  it('what DuckDB alone would take is refused', async () => {
    const texts = [
      'epoch',
      'infinity',
      '-2024-01-01',
      '0024-01-01',
      '1899-12-31',
      '2200-01-01',
      '2023-02-29',
      '2024-1-1',
      '2024-01-1 ',
      '2024-01-1x',
      '2024/01/01',
      '20240101',
      '2024-01-01 (BC)',
      '2024-01-01T10:00:00',
      '2024-01-01T00:00:00Z',
      '',
    ];
    expect(await iso(texts)).toEqual(texts.map(() => null));
  });
  it('takes exactly the texts of its shape, whatever is changed in them', async () => {
    const alphabet = [...' \t0123456789-+:.TZa/'];
    const texts: string[] = [];
    for (let place = 0; place < 10; place += 1) {
      for (const sign of alphabet) {
        texts.push(`${'2024-01-11'.slice(0, place)}${sign}${'2024-01-11'.slice(place + 1)}`);
        texts.push(`${'1999-12-3'.slice(0, place)}${sign}${'1999-12-3'.slice(place)}`);
      }
    }
    const found = await iso(texts);
    const valid = texts.map((text) => {
      const moment = new Date(`${text}T00:00:00Z`);
      const shaped = /^(19|2[01])\d\d-\d\d-\d\d$/.test(text) && !Number.isNaN(moment.getTime());
      return shaped && moment.toISOString().startsWith(text) ? text : null;
    });
    expect(found).toEqual(valid);
    expect(valid.filter((text) => text !== null).length).toBeGreaterThan(30);
  });

  const formats: readonly (readonly [string, string, string | null])[] = [
    ['dd/MM/yyyy', '01/02/2024', '2024-02-01'],
    ['dd/MM/yyyy', '1/2/2024', '2024-02-01'],
    ['M/d/yyyy', '9/15/2024', '2024-09-15'],
    ['dd/MM/yyyy', '15/13/2024', null],
    ['dd.MM.yy', '01.02.24', '2024-02-01'],
    ['dd.MM.yy', '01x02x24', null],
    ['yyyyMMdd', '20240131', '2024-01-31'],
    ['%d/%m/%Y', '31/01/2024', '2024-01-31'],
    ['%d/%m/%Y', '1/2/24', null],
    ['%-d/%-m/%Y', '1/2/2024', '2024-02-01'],
    ['%d/%m/%Y', ' 1/2/2024', null],
    ['%d/%m/%Y', '1/2/2024 ', null],
    ['%d/%m/%Y', '1/2/0024', null],
    ['d MMM yyyy', '5 Jan 2024', '2024-01-05'],
    ['d MMMM yyyy', '5 january 2024', '2024-01-05'],
    ['MMM d, yyyy', 'Jan 5, 2024', '2024-01-05'],
  ];
  it.each(formats)('format %s reads %s as %s', async (format, text, expected) => {
    expect(await over((x) => `parse_date(${x}, ${quoteText(format)})`, [text])).toEqual([expected]);
  });
  it('is a date', async () => {
    expect(await typeOf("parse_date('x', 'iso')")).toBe('DATE');
    expect(await typeOf("parse_date('x', 'dd/MM/yyyy')")).toBe('DATE');
  });
});

describe('parse_timestamp', () => {
  it('an offset is applied; without one it is the time of the zone', async () => {
    const texts = [
      '2024-01-01T10:00:00',
      '2024-07-01 10:00',
      '2024-01-01',
      '2024-01-01T10:00:00Z',
      '2024-01-01T10:00z',
      '2024-01-01T10:00:00+07:00',
      '2024-01-01T10:00:00.5+0530',
      '2024-01-01 10:00:00.123456 -05',
    ];
    expect(await over((x) => `parse_timestamp(${x}, 'America/New_York')`, texts)).toEqual([
      '2024-01-01T15:00:00',
      '2024-07-01T14:00:00',
      '2024-01-01T05:00:00',
      '2024-01-01T10:00:00',
      '2024-01-01T10:00:00',
      '2024-01-01T03:00:00',
      '2024-01-01T04:30:00.5',
      '2024-01-01T15:00:00.123456',
    ]);
  });
  it('in UTC local time is UTC', async () => {
    const texts = ['2024-01-01T10:00:00.000001', '2024-01-01 23:59:59', '2199-12-31T00:00'];
    expect(await over((x) => `parse_timestamp(${x}, 'UTC')`, texts)).toEqual([
      '2024-01-01T10:00:00.000001',
      '2024-01-01T23:59:59',
      '2199-12-31T00:00:00',
    ]);
  });
  it('refuses 24:00, a 60th second, more than 6 decimals, short parts, other years, odd offsets', async () => {
    const texts = [
      '2024-01-01 24:00',
      '2024-01-01T24:00:00Z',
      '2024-01-01T23:59:60',
      '2024-01-01T10:00:00.1234567',
      '2024-01-01T10:00:0Z',
      '2024-1-01T10:00:00',
      '0204-01-01T10:00:00Z',
      '2024-02-30T10:00:00',
      '2024-02-30T10:00:00Z',
      '2024-01-01T10:00:00+25:00',
      '2024-01-01T10:00:00 UTC',
      '2024-01-01T 0:00:00',
      'epoch',
      '',
    ];
    expect(await over((x) => `parse_timestamp(${x}, 'UTC')`, texts)).toEqual(texts.map(() => null));
  });
  it('is a timestamp without a zone', async () => {
    expect(await typeOf("parse_timestamp('x', 'UTC')")).toBe('TIMESTAMP');
    expect(await typeOf("parse_timestamp('x', 'Asia/Jakarta')")).toBe('TIMESTAMP');
  });
  it('vector 42: the local date of a submission in New York', async () => {
    const local = (at: string) =>
      resultOf(`local_date(parse_timestamp('${at}', 'UTC'), 'America/New_York')`);
    expect(await local('2025-03-08T04:30Z')).toBe('2025-03-07');
    expect(await local('2025-03-08T05:30Z')).toBe('2025-03-08');
  });
});

describe('numbers', () => {
  it('parse_number takes plain decimals that fit exactly', async () => {
    const texts = [
      '1.5',
      '+5',
      '-0.000001',
      '.5',
      '007',
      '1.2000000',
      '1e2',
      '1.0E7',
      '12.5e-1',
      '999999999999.999999',
    ];
    expect(await over((x) => `parse_number(${x})`, texts)).toEqual([
      '1.500000',
      '5.000000',
      '-0.000001',
      '0.500000',
      '7.000000',
      '1.200000',
      '100.000000',
      '10000000.000000',
      '1.250000',
      '999999999999.999999',
    ]);
  });
  it('parse_number refuses what is no such number', async () => {
    const texts = [
      '0x10',
      'NaN',
      'Infinity',
      '-inf',
      '1e400',
      '1e-7',
      '1.2345678e-30',
      '12.34567891e0',
      '1.2345678',
      '1000000000000',
      '1,5',
      '1_000',
      '1.',
      '.',
      '87%',
      ' 5',
      '5 ',
      '',
      '1e',
      '--1',
    ];
    expect(await over((x) => `parse_number(${x})`, texts)).toEqual(texts.map(() => null));
  });
  it('parse_integer takes integers, 5.0 among them', async () => {
    const texts = ['5', '5.0', '-5.00', '+5', '007', '9007199254740993', '-9223372036854775808'];
    expect(await over((x) => `parse_integer(${x})`, texts)).toEqual([
      5,
      5,
      -5,
      5,
      7,
      9007199254740993n,
      -9223372036854775808n,
    ]);
  });
  it('parse_integer refuses the rest', async () => {
    const texts = ['1.5', '0x10', '1e3', '9223372036854775808', 'NaN', ' 5', '5 ', '1_0', '', '5.'];
    expect(await over((x) => `parse_integer(${x})`, texts)).toEqual(texts.map(() => null));
  });
  it('parse_boolean knows the usual words', async () => {
    const texts = ['TRUE', 'Yes', 'y', '1', '1.0', 'false', 'No', 'N', '0', 'f', 'maybe', '2', ''];
    expect(await over((x) => `parse_boolean(${x})`, texts)).toEqual([
      true,
      true,
      true,
      true,
      true,
      false,
      false,
      false,
      false,
      false,
      null,
      null,
      null,
    ]);
  });
  it('have the types of bronze columns', async () => {
    expect(await typeOf("parse_number('1')")).toBe('DECIMAL(18,6)');
    expect(await typeOf("parse_integer('1')")).toBe('BIGINT');
    expect(await typeOf("parse_boolean('1')")).toBe('BOOLEAN');
  });
});

describe('fold_code', () => {
  it('words of a vocabulary meet however they are written', async () => {
    const texts = [
      'PRESENT',
      ' Present ',
      '\uff30resent',
      'Half-_ day',
      'HALF__DAY',
      'in\u00a0progress',
    ];
    expect(await over((x) => `fold_code(${x})`, texts)).toEqual([
      'present',
      'present',
      'present',
      'half day',
      'half day',
      'in progress',
    ]);
  });
  it('numbers, signs and fractions', async () => {
    const texts = [
      '1.0',
      '1',
      '01.0',
      '0.5',
      '½',
      '\u2714\ufe0f',
      '\u2714',
      '✅',
      'STRASSE',
      'straße',
      'ÉCOLE',
    ];
    expect(await over((x) => `fold_code(${x})`, texts)).toEqual([
      '1',
      '1',
      '01',
      '0.5',
      '1\u20442',
      '\u2714',
      '\u2714',
      '✅',
      'strasse',
      'strasse',
      'école',
    ]);
  });
  it('blank is null; a sign before a word stays a blank', async () => {
    expect(await over((x) => `fold_code(${x})`, ['', '  ', '\u00a0', null, '-1', '_x'])).toEqual([
      null,
      null,
      null,
      null,
      ' 1',
      ' x',
    ]);
  });
});

it('functions are found whatever database is in use', async () => {
  await engine.execute(trustedSql("attach ':memory:' as elsewhere"));
  await engine.execute(trustedSql('use elsewhere'));
  expect(await resultOf('pct(1, 2)')).toBe('50.00');
  await engine.execute(trustedSql('use memory'));
  await engine.execute(trustedSql('detach elsewhere'));
});
