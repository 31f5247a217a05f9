import { join } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import { plural, sayCount } from '../../base/index.ts';
import {
  isShown,
  noteAccess,
  openReader,
  type Reader,
  type Row,
  type RowStream,
} from '../../run/index.ts';
import type { CommandContext } from '../command.ts';
import { formatTable } from '../format-table.ts';
import { parseCount, parseSize } from '../parse-flag.ts';

/** JSON as `query --json` promises: exact numbers as numbers, others as text. */
export const toJson = (value: unknown): string =>
  JSON.stringify(value, (_key, cell: unknown) =>
    typeof cell === 'bigint' ? cell.toString() : cell,
  );

const numeric = /^(DECIMAL|DOUBLE|FLOAT)/;

/** A decimal that a JSON number holds exactly becomes one. */
const jsonCell = (cell: unknown, type: string): unknown => {
  if (typeof cell !== 'string' || !numeric.test(type)) return cell;
  const number = Number(cell);
  const plain = cell.includes('.') ? cell.replace(/0+$/, '').replace(/\.$/, '') : cell;
  return String(number) === plain ? number : cell;
};

const countRows = async (reader: Reader, relation: string): Promise<number> => {
  const entry = reader.snapshot.manifest.relations[relation];
  if (entry?.kind === 'parts') return entry.parts.reduce((sum, part) => sum + part.rows, 0);
  const name = relation
    .split('.')
    .map((part) => `"${part}"`)
    .join('.');
  const { rows } = await reader.query(`select count(*) as n from ${name}`);
  return Number(rows[0]?.n ?? 0);
};

/** Without SQL: every relation with its rows and three lines of each. */
const listRelations = async (reader: Reader, { output }: CommandContext): Promise<void> => {
  const names = Object.keys(reader.snapshot.manifest.relations).filter(isShown).sort();
  const listed: { relation: string; rows: number; first: readonly unknown[] }[] = [];
  for (const relation of names) {
    const name = relation
      .split('.')
      .map((part) => `"${part}"`)
      .join('.');
    const rows = await countRows(reader, relation);
    const { columns, rows: first } = await reader.query(`select * from ${name} limit 3`);
    listed.push({ relation, rows, first });
    if (output.json) continue;
    const lines = first.map((row) => columns.map((column) => row[column.name]));
    await output.data(`${relation}  ${sayCount(rows)} rows`);
    if (lines.length > 0) {
      const table = formatTable(
        columns.map((column) => column.name),
        lines,
      );
      await output.data(
        `${table
          .split('\n')
          .map((line) => `  ${line.slice(0, 160)}`)
          .join('\n')}\n`,
      );
    }
  }
  if (output.json) await output.data(toJson(listed));
};

/** More rows than that are for a file, not for eyes. */
const shownRows = 1000;

type Answer = RowStream & { readonly names: readonly string[] };

/** A JSON array, an object on each line. */
const printJson = async (
  { columns, chunks }: Answer,
  { output }: CommandContext,
): Promise<void> => {
  let separator = '[';
  for await (const rows of chunks) {
    const lines = rows.map((row) =>
      toJson(
        Object.fromEntries(columns.map(({ name, type }) => [name, jsonCell(row[name], type)])),
      ),
    );
    await output.data(`${separator}${lines.join(',\n')}`);
    separator = ',';
  }
  await output.data(separator === '[' ? '[]' : ']');
};

const printCsv = async ({ names, chunks }: Answer, { output }: CommandContext): Promise<void> => {
  const cast = { boolean: String, bigint: String, object: (cell: object) => toJson(cell) };
  const format = (lines: unknown[][]): string => stringify(lines, { cast }).replace(/\n$/, '');
  await output.data(format([[...names]]));
  for await (const rows of chunks)
    await output.data(format(rows.map((row) => names.map((name) => row[name] ?? null))));
};

const printTable = async (
  { names, chunks }: Answer,
  { run, milliseconds }: { readonly run: number; readonly milliseconds: () => number },
  { output }: CommandContext,
): Promise<void> => {
  const shown: Row[] = [];
  let hasMore = false;
  for await (const rows of chunks) {
    hasMore = shown.length + rows.length > shownRows;
    shown.push(...rows.slice(0, shownRows - shown.length));
    if (hasMore) break;
  }
  if (shown.length > 0)
    await output.data(
      formatTable(
        names,
        shown.map((row) => names.map((n) => row[n])),
      ),
    );
  const rows = hasMore
    ? `the first ${sayCount(shown.length)} rows; --csv gives all`
    : plural(shown.length, 'row', 'rows');
  output.talk(`(${rows}, ${milliseconds()} ms, snapshot ${run})`);
};

const printAnswer = async (
  reader: Reader,
  text: string,
  context: CommandContext,
): Promise<void> => {
  const { output, options, effects } = context;
  const started = effects.now().getTime();
  const stream = await reader.stream(text);
  const answer = { ...stream, names: stream.columns.map((column) => column.name) };
  if (output.json) return printJson(answer, context);
  if (options.csv === true) return printCsv(answer, context);
  const milliseconds = (): number => effects.now().getTime() - started;
  return printTable(answer, { run: reader.snapshot.manifest.run, milliseconds }, context);
};

/** `query`: one SELECT over the current snapshot, or the list of relations. */
export const run = async (context: CommandContext): Promise<number> => {
  const { options, projectFolder, effects, signal, output } = context;
  const reader = await openReader(
    {
      dataFolder: join(projectFolder, 'data'),
      at: parseCount('--at', options.at),
      withValues: options.values === true,
      memoryLimitBytes: parseSize('--memory-limit', options.memoryLimit),
      signal,
    },
    effects,
  );
  try {
    for (const warning of reader.snapshot.warnings) output.alarm(`warning ${warning.text}`);
    if (options.values === true) {
      await noteAccess(
        join(projectFolder, 'data'),
        { command: 'query --values', recordIds: [] },
        effects,
      );
    }
    const [text] = context.args;
    if (text === undefined || text.trim() === '') await listRelations(reader, context);
    else await printAnswer(reader, text, context);
    return 0;
  } finally {
    await reader[Symbol.asyncDispose]();
  }
};
