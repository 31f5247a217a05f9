import { dirname } from 'node:path';
import {
  type Effects,
  joinSql,
  localDate,
  pipelineError,
  quoteText,
  type Sql,
  sql,
} from '../base/index.ts';
import { readProjectConfig } from '../contract/index.ts';
import type { Row } from '../engine/index.ts';
import { noteAccess } from './access-log.ts';
import { runErrors } from './errors.ts';
import { openReader, type Reader, type ReaderOptions } from './open-reader.ts';
import { type Reason, rowReason } from './reasons.ts';
import { hasReason, isOfFile } from './replay-records.ts';
import type { ReplayFilter } from './run-options.ts';

export type RecordState = 'open' | 'resolved' | 'discarded';

/** A refused record without anything that stood in it. */
export type QuarantineRecord = {
  readonly record_id: string;
  readonly file: string;
  readonly line: number;
  readonly row: number;
  readonly feed: string;
  readonly run_id: number;
  readonly stage: string;
  readonly reasons: readonly { readonly code: string; readonly column: string | null }[];
  readonly state: RecordState;
  readonly resolved_run: number | null;
  readonly because: string | null;
  readonly by: string | null;
};

export type QuarantineFilter = ReplayFilter & {
  /** Records in this state; all states when not given. */
  readonly state?: RecordState | undefined;
};

/** Orphans of a feed by how long they have waited. */
export type WaitingOrphans = {
  readonly feed: string;
  readonly rows: number;
  readonly up_to_7_days: number;
  readonly up_to_30_days: number;
  readonly older: number;
};

export type QuarantineList = {
  readonly snapshot: number;
  readonly total: number;
  /** A record counts once under each of its codes. */
  readonly reasons: readonly { readonly code: string; readonly records: number }[];
  readonly orphans: readonly WaitingOrphans[];
  readonly records: readonly QuarantineRecord[];
};

type QuarantineOptions = Pick<ReaderOptions, 'dataFolder' | 'signal'>;

const columns = sql`record_id, file, line, "row", feed, run_id, stage, reasons, state, resolved_run, because, "by"`;

const text = (cell: unknown): string | null =>
  cell === null || cell === undefined ? null : String(cell);

const readRecord = (row: Row): QuarantineRecord => ({
  record_id: String(row.record_id),
  file: String(row.file),
  line: Number(row.line),
  row: Number(row.row),
  feed: String(row.feed),
  run_id: Number(row.run_id),
  stage: String(row.stage),
  reasons: readReasons(row.reasons),
  state: row.state === 'resolved' || row.state === 'discarded' ? row.state : 'open',
  resolved_run: row.resolved_run === null ? null : Number(row.resolved_run),
  because: text(row.because),
  by: text(row.by),
});

const readReasons = (cell: Row[string] | undefined): QuarantineRecord['reasons'] =>
  Array.isArray(cell)
    ? cell.flatMap((one: unknown) =>
        typeof one === 'object' && one !== null && 'code' in one
          ? [{ code: String(one.code), column: 'column' in one ? text(one.column) : null }]
          : [],
      )
    : [];

const whereOf = (filter: QuarantineFilter): Sql => {
  const conditions = [
    sql`true`,
    ...(filter.state === undefined ? [] : [sql`state = ${quoteText(filter.state)}`]),
    ...(filter.reason === undefined ? [] : [hasReason(filter.reason)]),
    ...(filter.feed === undefined ? [] : [sql`feed = ${quoteText(filter.feed)}`]),
    ...(filter.file === undefined ? [] : [isOfFile(sql`file`, filter.file)]),
    ...(filter.run === undefined ? [] : [sql`run_id = ${filter.run}`]),
  ];
  return joinSql(conditions, ' and ');
};

/** Today where the school is, as `received_on` is told; settings that do not compile are told elsewhere. */
const schoolDay = async (dataFolder: string, effects: Effects): Promise<string> => {
  const config = await readProjectConfig(dirname(dataFolder), effects);
  const zone = config.kind === 'ok' ? config.value.settings.timezone : 'UTC';
  return localDate(effects.now(), zone);
};

const orphansQuery = (where: Sql, today: string): Sql => {
  // A run that failed tells its refusals, and not its files: they wait since today.
  const days = sql`coalesce(date ${quoteText(today)} - f.received_on, 0)`;
  return sql`select q.feed, count(*) as n, count(*) filter (${days} <= 7) as week,
      count(*) filter (${days} > 7 and ${days} <= 30) as month, count(*) filter (${days} > 30) as older
    from (select * from quarantine.record where ${where}) as q
    left join meta.file as f on f.file_id = q.file_id
    where q.state = 'open' and q.stage = 'silver' group by q.feed order by q.feed`;
};

const within = async <T>(
  options: QuarantineOptions & { readonly withValues: boolean },
  act: (reader: Reader) => Promise<T>,
  effects: Effects,
): Promise<T> => {
  const reader = await openReader(options, effects);
  try {
    return await act(reader);
  } finally {
    await reader[Symbol.asyncDispose]();
  }
};

/** Refused records with their place and codes, oldest file first; totals per code; orphans by age. No values. */
export const listQuarantine = (
  options: QuarantineOptions & {
    readonly filter: QuarantineFilter;
    readonly limit: number;
    /** Lists orphans by their place, too: there may be many, and they solve themselves. */
    readonly withOrphans?: boolean;
  },
  effects: Effects,
): Promise<QuarantineList> =>
  within(
    { ...options, withValues: false },
    async (reader) => {
      const where = whereOf(options.filter);
      const count = await reader.query(
        sql`select count(*) as n from quarantine.record where ${where}`,
      );
      const reasons = await reader.query(
        sql`select code, count(*) as n from (select unnest(list_distinct(list_transform(reasons, r -> r.code))) as code
          from quarantine.record where ${where}) group by code order by n desc, code`,
      );
      // Where nobody asks for them, orphans are told by their age alone.
      const shown =
        options.filter.reason === undefined && options.withOrphans !== true
          ? sql`${where} and not (state = 'open' and stage = 'silver')`
          : where;
      const records = await reader.query(
        sql`select ${columns} from quarantine.record where ${shown} order by file, line, "row", record_id limit ${options.limit}`,
      );
      const today = await schoolDay(options.dataFolder, effects);
      const orphans = await reader.query(orphansQuery(where, today));
      return {
        snapshot: reader.snapshot.manifest.run,
        total: Number(count.rows[0]?.n ?? 0),
        reasons: reasons.rows.map((row) => ({ code: String(row.code), records: Number(row.n) })),
        orphans: orphans.rows.map((row) => ({
          feed: String(row.feed),
          rows: Number(row.n),
          up_to_7_days: Number(row.week),
          up_to_30_days: Number(row.month),
          older: Number(row.older),
        })),
        records: records.rows.map(readRecord),
      };
    },
    effects,
  );

/** Where a record is: the file or the end of its path, and the physical line. */
export type RecordPlace = { readonly file: string; readonly line: number };

/** `FILE:LINE` as a place, or undefined. */
export const parsePlace = (given: string): RecordPlace | undefined => {
  const found = /^(.+):([1-9]\d{0,14})$/.exec(given);
  return found === null ? undefined : { file: found[1] ?? '', line: Number(found[2]) };
};

export type ShownRecord = QuarantineRecord & {
  readonly explained: readonly (Reason & {
    readonly code: string;
    readonly column: string | null;
  })[];
  /** The record as text; only when values were asked for. */
  readonly raw_record?: string | null;
};

/** Records of a line, those of the newest version of the file first. */
export const recordsAt = ({ file, line }: RecordPlace): Sql =>
  sql`select * from quarantine.record where ${isOfFile(sql`file`, file)} and line = ${line}
    order by cast(split_part(file_id, ':', 1) as bigint) desc, file, "row"`;

/**
 * What a refused record is refused for, and what to do. With `withValues` its text, too, which is noted
 * in `data/access.jsonl` before this returns. Throws `quarantine.no-record`.
 */
export const showRecords = (
  options: QuarantineOptions & {
    readonly place: RecordPlace;
    readonly withValues: boolean;
    readonly command: string;
  },
  effects: Effects,
): Promise<readonly ShownRecord[]> =>
  within(
    options,
    async (reader) => {
      const { rows } = await reader.query(recordsAt(options.place));
      if (rows.length === 0) {
        const record = `${options.place.file}:${options.place.line}`;
        throw pipelineError(
          runErrors,
          'quarantine.no-record',
          { record },
          {
            hint: 'schoolhouse quarantine list --all tells the places of all of them.',
          },
        );
      }
      const records = rows.map(readRecord);
      if (options.withValues) {
        const recordIds = records.map((record) => record.record_id);
        await noteAccess(options.dataFolder, { command: options.command, recordIds }, effects);
      }
      return records.map((record, index) => ({
        ...record,
        explained: record.reasons.map(({ code, column }) => ({
          ...{ code, column },
          ...rowReason(code, { feed: record.feed, column }),
        })),
        ...(options.withValues ? { raw_record: text(rows[index]?.raw_record) } : {}),
      }));
    },
    effects,
  );
