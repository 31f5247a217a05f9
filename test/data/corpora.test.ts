import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { csv } from '../kit/csv.ts';
import { makeProject, type Row } from '../kit/school-project.ts';
import { sharedData } from './shared-data.ts';

// Every file of three corpora goes through a whole run: it loads with exactly the right values, or is refused with a
// reason. Nothing crashes, hangs or changes a value in silence.

type Tally = { tried: number; exact: number; refused: number };
const told = (corpus: string, { tried, exact, refused }: Tally): void => {
  console.info(`${corpus}: ${tried} tried, ${exact} loaded exactly, ${refused} refused`);
};

/** A feed of text columns that its whole rows identify: every record stays. */
const feed = (name: string, columns: Readonly<Record<string, string>>): string => {
  const own = Object.entries(columns).map(
    ([column, header]) => `      ${column}: { header: ${JSON.stringify(header)}, type: text }`,
  );
  return [
    `  ${name}:`,
    `    files: ["${name}.csv"]`,
    '    key: [record_id]',
    '    loadStrategy: append',
    `    naturalKey: [${Object.keys(columns).join(', ')}]`,
    '    nullTokens: []',
    '    columns:',
    '      record_id: { type: id }',
    ...own,
  ].join('\n');
};

type Records = readonly Readonly<Record<string, string>>[];

describe('csv-spectrum', () => {
  it('all 12 files give the values of their JSON', async () => {
    const names = readdirSync(sharedData('corpora/csv-spectrum/csvs')).map((name) =>
      name.replace(/\.csv$/, ''),
    );
    expect(names).toHaveLength(12);
    await using project = await makeProject();
    const feeds: string[] = [];
    const expected = new Map<string, Records>();
    for (const name of names) {
      const read: unknown = JSON.parse(
        readFileSync(sharedData(`corpora/csv-spectrum/json/${name}.json`), 'utf8'),
      );
      const records = [read].flat() as Records;
      const headers = Object.keys(records[0] ?? {});
      feeds.push(
        feed(
          `spectrum_${name}`,
          Object.fromEntries(headers.map((header, index) => [`column_${index}`, header])),
        ),
      );
      expected.set(name, records);
      await project.drop(
        `spectrum_${name}.csv`,
        readFileSync(sharedData(`corpora/csv-spectrum/csvs/${name}.csv`)),
      );
    }
    await project.write('schoolhouse.yaml', `feeds:\n${feeds.join('\n')}\n`);
    const report = await project.run({ until: 'bronze' });
    expect(report.files.map(({ path, status, detail }) => [path, status, detail])).toEqual(
      names.map((name) => [`data/raw/spectrum_${name}.csv`, 'loaded', undefined]),
    );
    const tally: Tally = { tried: names.length, exact: 0, refused: 0 };
    await project.read(async (rows) => {
      for (const [name, records] of expected) {
        const headers = Object.keys(records[0] ?? {});
        const list = headers.map((_, index) => `column_${index}`).join(', ');
        const found = await rows(
          `select ${list} from bronze.spectrum_${name} order by _source_row`,
        );
        const right = records.map((record) =>
          Object.fromEntries(
            headers.map((header, index) => {
              // Wrong upstream: the JSON has another number than its CSV (README of the corpus).
              const isWrong = name === 'location_coordinates' && index === 0;
              const cell = isWrong ? '2095257564' : (record[header] ?? '');
              return [`column_${index}`, cell === '' ? null : cell];
            }),
          ),
        );
        expect([name, found]).toEqual([name, right]);
        tally.exact += 1;
      }
    });
    told('csv-spectrum', tally);
  });
});

const suite = () => readdirSync(sharedData('corpora/json-test-suite/test_parsing')).sort();
const suiteBytes = (name: string): Buffer =>
  readFileSync(sharedData(`corpora/json-test-suite/test_parsing/${name}`));

// Node 20's own decoder takes windows-1252 for Latin-1.
const upper = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';
const decodeWindows = (bytes: Buffer): string =>
  bytes
    .toString('latin1')
    .replaceAll(/[\x80-\x9f]/g, (sign) => upper[sign.charCodeAt(0) - 0x80] ?? sign);

/** What a strict parser says; undefined for bytes that are no text of that encoding or no JSON. */
const parseStrictly = (
  bytes: Buffer,
  isWindows = false,
): { readonly value: unknown } | undefined => {
  try {
    const text = isWindows
      ? decodeWindows(bytes)
      : new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
};

const sameJson = (text: unknown, value: unknown): boolean => {
  if (typeof text !== 'string')
    return value === null || value === '' || (typeof value === 'string' && value.trim() === '');
  if (typeof value === 'string') return text === value || text === value.trim();
  try {
    return JSON.stringify(JSON.parse(text)) === JSON.stringify(value);
  } catch {
    return false;
  }
};

/** An object would be flattened into columns of its own: in an array it stays one value. */
const asValue = (bytes: Buffer): Buffer =>
  bytes.toString('latin1').trimStart().startsWith('{')
    ? Buffer.concat([Buffer.from('['), bytes, Buffer.from(']')])
    : bytes;

// JSON all the same, but no record of a table: two values for one column, characters that no cell may have.
const ownReasons = ['json_duplicate_key', 'control_character'];

describe('JSONTestSuite', () => {
  it('each text as the value of a record: what must parse loads as it is, what must not never loads', async () => {
    const names = suite();
    expect(names).toHaveLength(318);
    await using project = await makeProject();
    await project.write(
      'schoolhouse.yaml',
      `quarantine: { budget_pct: 100 }\nfeeds:\n${feed('suite', { name: 'name', value: 'value' }).replace('"suite.csv"', '"suite_*.json"')}\n`,
    );
    for (const name of names) {
      const before = Buffer.from(`[{"name": ${JSON.stringify(name)}, "value": `);
      await project.drop(
        `suite_${name}`,
        Buffer.concat([before, asValue(suiteBytes(name)), Buffer.from('}]')]),
      );
    }
    const report = await project.run({ until: 'bronze' });
    const found = new Map<string, Row>();
    const reasons = new Map<string, readonly string[]>();
    await project.read(async (rows) => {
      for (const row of await rows(
        'select file, list_transform(reasons, lambda r: r.code) as codes from quarantine.record',
      ))
        reasons.set(
          String(row.file).replace('data/raw/suite_', ''),
          row.codes as readonly string[],
        );
      for (const row of await rows('select name, value, _source_file as file from bronze.suite')) {
        const file = String(row.file).replace('data/raw/suite_', '');
        expect([file, row.name]).toEqual([file, file]);
        expect(found.has(file)).toBe(false);
        found.set(file, row);
      }
    });
    const tally: Tally = { tried: names.length, exact: 0, refused: 0 };
    const wrong: string[] = [];
    for (const name of names) {
      const file = report.files.find((one) => one.path === `data/raw/suite_${name}`);
      const isAssumed = report.warnings.some(
        (one) => one.file === file?.path && one.code === 'encoding_assumed',
      );
      const parsed = parseStrictly(asValue(suiteBytes(name)), isAssumed);
      const row = found.get(name);
      if (row === undefined) {
        const codes = reasons.get(name) ?? [];
        const isSaid = file?.status === 'set_aside' ? file.reason !== undefined : codes.length > 0;
        if (!isSaid) wrong.push(`${name}: neither loaded nor refused`);
        const isOwn = codes.length > 0 && codes.every((code) => ownReasons.includes(code));
        if (name.startsWith('y_') && !isOwn) wrong.push(`${name}: must parse`);
        tally.refused += 1;
      } else {
        if (name.startsWith('n_')) wrong.push(`${name}: must not parse`);
        else if (parsed === undefined || !sameJson(row.value, parsed.value))
          wrong.push(`${name}: another value`);
        tally.exact += 1;
      }
    }
    expect(wrong).toEqual([]);
    told('JSONTestSuite, as values', tally);
  });

  it('each text as a file: none crashes or hangs, and what must not parse never loads a row', async () => {
    const names = suite();
    await using project = await makeProject();
    await project.write(
      'schoolhouse.yaml',
      `quarantine: { budget_pct: 100 }\nfeeds:\n${feed('suite', { a: 'a', asd: 'asd', x: 'x' }).replace('"suite.csv"', '"suite_*.json"')}\n`,
    );
    for (const name of names) await project.drop(`suite_${name}`, suiteBytes(name));
    const report = await project.run({ until: 'bronze' });
    const rows = await project.rows('select a, asd, x, _source_file as file from bronze.suite');
    const wrong = rows.flatMap((row) => {
      const name = String(row.file).replace('data/raw/suite_', '');
      const parsed = parseStrictly(suiteBytes(name));
      const records = [parsed?.value]
        .flat()
        .filter((one) => typeof one === 'object' && one !== null);
      const isRight = records.some((record) =>
        (['a', 'asd', 'x'] as const).every((key) =>
          sameJson(row[key], (record as Record<string, unknown>)[key] ?? ''),
        ),
      );
      return name.startsWith('n_') || !isRight
        ? [`${name}: loaded a row that it does not hold`]
        : [];
    });
    expect(wrong).toEqual([]);
    const unsaid = report.files.filter(
      (file) => file.status === 'set_aside' && file.reason === undefined,
    );
    expect(unsaid).toEqual([]);
    const exact = report.files.filter(
      (file) => file.status === 'loaded' && file.quarantined === 0,
    ).length;
    told('JSONTestSuite, as files', { tried: names.length, exact, refused: names.length - exact });
  });
});

const naughty = (): readonly string[] =>
  JSON.parse(
    readFileSync(sharedData('corpora/naughty-strings/blns.json'), 'utf8'),
  ) as readonly string[];

/** As the contract says: a blank cell is null, blanks around a cell are none of it. */
const asStored = (text: string): string | null => {
  const trimmed = text.replaceAll(
    /^[ \t\r\n\u00a0\u3000\ufeff]+|[ \t\r\n\u00a0\u3000\ufeff]+$/g,
    '',
  );
  return trimmed === '' ? null : trimmed;
};

describe('naughty strings', () => {
  const students = 'student_id,student_name,class_id,grade_level,enrollment_status,updated_at';

  it('as names, in CSV and in JSON, come out as they went in, or their row is refused with a reason', async () => {
    const strings = naughty();
    expect(strings).toHaveLength(515);
    await using project = await makeProject({
      'students.csv': csv(
        students,
        strings.map((text, index) => [
          `c${index}`,
          text,
          'C1',
          '7',
          'active',
          '2025-01-06T08:00:00',
        ]),
      ),
      'students_more.json': JSON.stringify(
        strings.map((text, index) => ({
          student_id: `j${index}`,
          student_name: text,
          class_id: 'C1',
          updated_at: '2025-01-06T08:00:00',
        })),
      ),
    });
    await project.write(
      'schoolhouse.yaml',
      'quarantine: { budget_pct: 100 }\nfeeds: { students: { nullTokens: [] } }\n',
    );
    const report = await project.run();
    expect(report.status).toBe('ok');
    const { names, refused } = await project.read(async (rows) => ({
      names: new Map(
        (await rows('select student_id as id, student_name as name from silver.dim_student')).map(
          (row) => [String(row.id), row.name],
        ),
      ),
      refused: await rows('select file, row, reasons[1].code as code from quarantine.record'),
    }));
    const wrong: unknown[] = [];
    const tally: Tally = { tried: strings.length * 2, exact: 0, refused: refused.length };
    for (const [index, text] of strings.entries()) {
      for (const form of ['c', 'j']) {
        const id = `${form}${index}`;
        const file = form === 'c' ? 'data/raw/students.csv' : 'data/raw/students_more.json';
        if (names.has(id)) {
          if (names.get(id) === asStored(text)) tally.exact += 1;
          else wrong.push([id, text, names.get(id)]);
        } else if (
          !refused.some((row) => row.file === file && row.row === index + 1 && row.code !== null)
        ) {
          wrong.push([id, text, 'lost']);
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(tally.exact + tally.refused).toBe(tally.tried);
    told('naughty strings, as names', tally);
  });

  it('as headers and as file names do no harm', async () => {
    const strings = naughty();
    await using project = await makeProject({
      'students.csv': csv(students, [['S1', 'Ana', 'C1', '7', 'active', '2025-01-06T08:00:00']]),
    });
    // Headers are one when they differ in capitals or blanks alone.
    const byFold = new Map(
      strings.map((text) => [
        text.normalize('NFKC').toLowerCase().replaceAll(/\s+/g, ' ').trim(),
        text,
      ]),
    );
    const headers = [...byFold].flatMap(([folded, text]) => (folded === '' ? [] : [text]));
    const own = ['attendance_id', 'student_id', 'attendance_date', 'status'];
    const quoted = (cells: readonly string[]): string =>
      cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',');
    await project.drop(
      'attendance_headers.csv',
      `${quoted([...own, ...headers])}\n${quoted(['h1', 'S1', '2025-03-03', 'P', ...headers.map(() => 'x')])}\n`,
    );
    const names = strings
      .map((text) => text.replaceAll(/[/\0]/g, '_'))
      .filter((text) => text !== '' && Buffer.byteLength(text) <= 200);
    for (const [index, name] of names.entries()) {
      await project.drop(
        `names/attendance_${name}.csv`,
        `${own.join(',')}\nn${index},S1,2025-03-04,P\n`,
      );
    }
    const report = await project.run({ until: 'bronze' });
    const bad = report.files.filter(
      (file) =>
        file.path.startsWith('data/raw/names/') && (file.status !== 'loaded' || file.loaded !== 1),
    );
    expect(bad.map(({ path, status, reason }) => [path, status, reason])).toEqual([]);
    const withHeaders = report.files.find((file) => file.path.endsWith('attendance_headers.csv'));
    expect(withHeaders?.detail).toBe(undefined);
    expect(withHeaders).toMatchObject({ status: 'loaded', read: 1, loaded: 1 });
    const stored = new Set(
      (await project.rows('select distinct _source_file as file from bronze.attendance')).map(
        (row) => row.file,
      ),
    );
    expect(
      [...new Set(names)].filter((name) => !stored.has(`data/raw/names/attendance_${name}.csv`)),
    ).toEqual([]);
    told('naughty strings, as file names', {
      tried: names.length,
      exact: names.length,
      refused: strings.length - names.length,
    });
  });
});
