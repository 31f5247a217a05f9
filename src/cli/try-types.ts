import { join } from 'node:path';
import { type Effects, localDate, sql } from '../base/index.ts';
import {
  type Contract,
  type Drift,
  type ProjectConfig,
  projectPolicies,
} from '../contract/index.ts';
import type { Engine } from '../engine/index.ts';
import { explainQuery, type RefusedRecord, typeMisfits } from '../ingest/index.ts';
import { guessFormat } from './guess-format.ts';

/** A column in which cells of the first records do not fit the type, so that a run would refuse their rows. */
export type Misfit = {
  readonly column: string;
  readonly header: string;
  readonly code: string;
  readonly rows: number;
  readonly tried: number;
  /** How its dates are written, as far as that can be told. */
  readonly formats: readonly string[];
};

/** What the records of a file are tried with. */
export type Trial = {
  readonly contract: Contract;
  readonly columns: readonly string[];
  readonly positions: ReadonlyMap<string, number>;
  readonly drift: Drift;
  readonly records: readonly RefusedRecord[];
};

/** The texts that stand under a header, blank ones left out. */
export const textsUnder = (
  header: string,
  records: readonly Pick<RefusedRecord, 'cells'>[],
): readonly string[] =>
  records.map(({ cells }) => cells?.[header]?.trim() ?? '').filter((text) => text !== '');

/** Reads the numbers, dates, times and yes/no of some records as a run would, and counts what does not fit its type. */
export const tryTypes = async (
  { contract, columns, positions, drift, records }: Trial,
  {
    engine,
    config,
    temp,
  }: { readonly engine: Engine; readonly config: ProjectConfig; readonly temp: string },
  effects: Effects,
): Promise<readonly Misfit[]> => {
  const misfits = typeMisfits(contract);
  if (records.length === 0 || misfits.length === 0) return [];
  const recordsPath = join(temp, `${effects.newId()}.jsonl`);
  const text = records.map((one) => JSON.stringify(one)).join('\n');
  await effects.fs.writeText(recordsPath, text);
  const recordsBytes = Buffer.byteLength(text);
  const timeZone = config.settings.timezone;
  const context = {
    ...{ positions, drift, timeZone, vocabularies: new Map(), policies: projectPolicies(config) },
    receivedOn: localDate(effects.now(), timeZone),
  };
  const rows = await engine.rows(
    sql`select reason.code as code, reason."column" as "column", count(*) as n
      from (select unnest(reasons) as reason from (${explainQuery(contract, context, { recordsPath, recordsBytes, columns })}))
      group by all order by n desc, code, "column"`,
  );
  return rows.flatMap((row): readonly Misfit[] => {
    const code = String(row.code);
    const column = String(row.column);
    if (!misfits.some((one) => one.code === code && one.column === column)) return [];
    const header = columns[positions.get(column) ?? -1] ?? column;
    const isDate = contract.columns.some((one) => one.name === column && one.type.kind === 'date');
    const guess = isDate ? guessFormat(textsUnder(header, records)) : undefined;
    const formats = guess === undefined || guess === 'iso' ? [] : guess;
    return [{ column, header, code, rows: Number(row.n), tried: records.length, formats }];
  });
};
