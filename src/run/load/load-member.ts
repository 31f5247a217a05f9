import { join } from 'node:path';
import { joinSql, pipelineError, quoteName, quotePath, type Sql, sql } from '../../base/index.ts';
import {
  batchDateOf,
  type Contract,
  type FeedMatch,
  matchesFilePattern,
  matchFeed,
  noDrift,
} from '../../contract/index.ts';
import {
  bronzeColumns,
  bronzePosition,
  bronzePositions,
  bronzeQuery,
  type FileVersion,
  idRule,
  type Member,
  numberRepeats,
  type Receipt,
  type ScanReport,
  type SetAside,
} from '../../ingest/index.ts';
import { type Part, partsScan } from '../../lake/index.ts';
import { runErrors } from '../errors.ts';
import { feedReadWithHash } from '../read-with.ts';
import { noCounts } from '../run-report.ts';
import { appendBronze } from './bronze-relation.ts';
import { type FileRow, unloadedRow } from './file-row.ts';
import type { LoadContext, LoadedFile } from './load-context.ts';
import { readingContext } from './reading-context.ts';
import { recordRefusals, writeRecords } from './record-refusals.ts';
import { tellColumns } from './tell-columns.ts';

export type MemberResult =
  | { readonly kind: 'loaded'; readonly file: LoadedFile }
  | {
      readonly kind: 'set_aside';
      readonly row: FileRow;
      readonly text: string;
      readonly line: number | undefined;
      readonly hint: string | undefined;
    };

type Identity = { readonly receipt: Receipt; readonly fileId: string };

const baseRow = (load: LoadContext, member: Member, { receipt, fileId }: Identity) => ({
  file_id: fileId,
  path: member.path,
  sha256: receipt.sha256,
  size_bytes: receipt.size,
  receipt: receipt.seq,
  received_on: receipt.received_on,
  run_id: load.run,
  read_with: load.readWith,
});

const setAside = (
  load: LoadContext,
  member: Member,
  identity: Identity,
  why: {
    readonly reason: string;
    readonly text: string;
    readonly line?: number | undefined;
    readonly hint?: string | undefined;
    readonly feed?: string | undefined;
    readonly batchDate?: string | undefined;
  },
): MemberResult => ({
  kind: 'set_aside',
  text: why.text,
  line: why.line,
  hint: why.hint,
  row: unloadedRow({
    ...baseRow(load, member, identity),
    feed: why.feed ?? null,
    batch_date: why.batchDate ?? null,
    status: 'set_aside',
    reason: why.reason,
    detail: why.hint === undefined ? why.text : `${why.text} ${why.hint}`,
  }),
});

const headerProblem = (report: ScanReport): { text: string } | undefined => {
  const [first] = report.headerProblems;
  if (first === undefined) return undefined;
  const where = first.positions.join(' and ');
  return {
    text:
      first.kind === 'blank'
        ? `The header has a column without a name at position ${where}.`
        : `The header has one name twice, at positions ${where}.`,
  };
};

/** Writes the rows of a scanned file as one bronze part, in the order of the file. */
const writePart = async (
  load: LoadContext,
  file: Pick<LoadedFile, 'contract' | 'context' | 'row'>,
  query: Sql,
): Promise<readonly Part[]> => {
  const { contract, context } = file;
  const isNumbered = idRule(contract, context.positions).kind === 'whole-row';
  if (!isNumbered) return appendBronze(load.draft, file, query);
  // Ids of rows without ids depend on all rows of the file: read once into a temp part, then numbered.
  const folder = join(load.tempFolder, load.effects.newId());
  await load.effects.fs.makeFolder(folder);
  const written = await load.engine.writeParts(query, { folder, prefix: 'whole' });
  const paths = joinSql(written.map((part) => quotePath(part.path)));
  const added = context.drift.added.map((column) => column.name);
  const columns = bronzeColumns(contract, added).map(({ name }) => {
    const expression = bronzePosition(name);
    return expression === undefined ? quoteName(name) : sql`${expression} as ${quoteName(name)}`;
  });
  const part = sql`(select ${joinSql(columns)} from read_parquet([${paths}], hive_partitioning = false))`;
  const parts = await appendBronze(load.draft, file, numberRepeats(contract, part, added));
  await load.effects.fs.removeTree(folder);
  return parts;
};

type PartFacts = {
  readonly rows: number;
  readonly refused: readonly number[];
  readonly blank: number;
};

const readPartFacts = async (
  load: LoadContext,
  contract: Contract,
  parts: readonly Part[],
): Promise<PartFacts> => {
  const lakeFolder = load.project.folders.lake;
  const scan = partsScan(lakeFolder, { columns: bronzeColumns(contract) }, parts);
  if (parts.length === 0) return { rows: 0, refused: [], blank: 0 };
  const [counts] = await load.engine.rows(
    sql`select count(*) as n, count(*) filter (_blank) as blank from ${scan}`,
  );
  const refused = await load.engine.rows(
    sql`select ${bronzePositions._source_row} as place from ${scan} where _refused order by place`,
  );
  return {
    rows: Number(counts?.n ?? 0),
    blank: Number(counts?.blank ?? 0),
    refused: refused.map((row) => Number(row.place)),
  };
};

const warnOfText = (
  load: LoadContext,
  { path, report }: { readonly path: string; readonly report: ScanReport },
  { feed }: Contract,
): void => {
  for (const { code, line, text } of report.warnings)
    load.warn({ code, feed, file: path, ...(line === undefined ? {} : { line }), text });
};

const loadMatched = async (
  load: LoadContext,
  member: { readonly path: string; readonly report: ScanReport },
  identity: Identity,
  match: Extract<FeedMatch, { kind: 'matched' }>,
): Promise<MemberResult> => {
  const { contract } = match;
  const { report } = member;
  const { receipt, fileId } = identity;
  // The receipt's, not this run's: a rebuild from the archive must end in the same tables.
  const batchDate = match.batchDate ?? receipt.batch_date;
  const changes = tellColumns(load, member.path, match);
  warnOfText(load, member, contract);
  const context = readingContext(load, receipt, {
    positions: match.header.columns,
    drift: match.drift,
  });
  const version: FileVersion = {
    fileId,
    path: member.path,
    receipt: receipt.seq,
    receivedOn: receipt.received_on,
    receivedAt: receipt.received_at,
    batchDate,
    run: load.run,
  };
  const unread: FileRow = {
    ...baseRow(load, { path: member.path, outcome: { kind: 'scanned', report } }, identity),
    ...noCounts,
    read_with: feedReadWithHash(load.project, contract),
    feed: contract.feed,
    batch_date: batchDate,
    status: 'loaded',
    reason: null,
    detail: null,
  };
  const query = bronzeQuery(contract, context, { report, file: version });
  const parts = await writePart(load, { contract, context, row: unread }, query);
  await load.effects.point('bronze.part');
  const facts = await readPartFacts(load, contract, parts);
  if (facts.rows + report.refused !== report.read) {
    throw pipelineError(
      runErrors,
      'run.unbalanced',
      { file: member.path, read: report.read, accounted: facts.rows + report.refused },
      { place: { file: member.path } },
    );
  }
  const row: FileRow = { ...unread, read: report.read, blank: facts.blank };
  const file: LoadedFile = { row, contract, context, report, changes };
  let quarantined = 0;
  const stage = { kind: 'read' } as const;
  if (report.refusedPath !== undefined) {
    quarantined += await recordRefusals(load, file, { recordsPath: report.refusedPath, stage });
  }
  if (facts.refused.length > 0) {
    const recordsPath = await writeRecords(report, facts.refused, load);
    quarantined += await recordRefusals(load, file, { recordsPath, stage });
  }
  const loaded = facts.rows - facts.blank - facts.refused.length;
  return { kind: 'loaded', file: { ...file, row: { ...row, quarantined, loaded } } };
};

/** JSON without a record has no header: its name alone says what it would hold. */
const matchEmpty = (load: LoadContext, path: string, report: ScanReport): Contract | undefined => {
  if (report.kind !== 'json' || report.read > 0) return undefined;
  const named = load.project.contracts.filter(({ filePatterns }) =>
    filePatterns.some((pattern) => matchesFilePattern(pattern, path)),
  );
  return named.length === 1 ? named[0] : undefined;
};

const emptyFile = (
  load: LoadContext,
  { path, report }: { readonly path: string; readonly report: ScanReport },
  identity: Identity,
  contract: Contract,
): LoadedFile => ({
  row: {
    ...baseRow(load, { path, outcome: { kind: 'scanned', report } }, identity),
    ...noCounts,
    read_with: feedReadWithHash(load.project, contract),
    feed: contract.feed,
    batch_date: batchDateOf(path) ?? identity.receipt.batch_date,
    status: 'loaded',
    reason: null,
    detail: null,
  },
  contract,
  context: readingContext(load, identity.receipt, { positions: new Map(), drift: noDrift }),
  report,
  changes: [],
});

/** Reads one scanned text into bronze, or says why it is set aside. Its refused rows are recorded. */
export const loadMember = async (
  load: LoadContext,
  member: Member,
  identity: Identity,
): Promise<MemberResult> => {
  const { outcome } = member;
  if (outcome.kind === 'set_aside') {
    const { reason, detail, line }: SetAside = outcome;
    const hint =
      reason === 'json_records'
        ? 'Say in schoolhouse.yaml which one holds the records, such as: feeds: { assessments: { records: data.items } }'
        : undefined;
    return setAside(load, member, identity, { reason, text: detail, line, hint });
  }
  const { report } = outcome;
  const empty = matchEmpty(load, member.path, report);
  if (empty !== undefined)
    return {
      kind: 'loaded',
      file: emptyFile(load, { path: member.path, report }, identity, empty),
    };
  const problem = headerProblem(report);
  const match = matchFeed(load.project.contracts, member.path, report.plain.columns);
  if (problem !== undefined) {
    const feed = match.kind === 'matched' ? match.contract.feed : match.feed;
    const hint = 'Give every column of the header a name of its own.';
    return setAside(load, member, identity, {
      reason: 'feed_unmatched',
      ...problem,
      line: 1,
      hint,
      feed,
      batchDate: match.batchDate,
    });
  }
  if (match.kind === 'set_aside') {
    const { reason, feed, batchDate, problem: error } = match;
    return setAside(load, member, identity, {
      reason,
      text: error.message,
      line: error.place?.line,
      hint: error.hint,
      feed,
      batchDate,
    });
  }
  return loadMatched(load, { path: member.path, report }, identity, match);
};
