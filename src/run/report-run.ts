import type { Applied } from './apply-feeds.ts';
import type { FileRow } from './load/file-row.ts';
import {
  addCounts,
  type CheckReport,
  type FileReport,
  type ModelReport,
  noCounts,
  type ReplayReport,
  type RunReport,
} from './run-report.ts';
import type { Session } from './run-session.ts';
import type { Intake } from './take-in.ts';

export type Ending = {
  readonly intake: Intake;
  readonly applied: Applied | undefined;
  readonly models: readonly ModelReport[];
  readonly checks: readonly CheckReport[];
  readonly status: RunReport['status'];
  readonly asOf: string | null;
  readonly snapshot: number | null;
  readonly startedAt: Date;
};

const fileReport = (row: FileRow): FileReport => ({
  path: row.path,
  feed: row.feed,
  batch_date: row.batch_date,
  sha256: row.sha256,
  status: row.status,
  ...(row.reason === null ? {} : { reason: row.reason }),
  ...(row.detail === null ? {} : { detail: row.detail }),
  read: row.read,
  loaded: row.loaded,
  duplicate: row.duplicate,
  superseded: row.superseded,
  blank: row.blank,
  quarantined: row.quarantined,
});

/** Files that lie set aside in the drop zone: of each path the current version. */
export const lyingAside = (
  { book, log }: Session,
  { listed }: Pick<Intake['reception'], 'listed'>,
): readonly FileRow[] => {
  const current = new Set(
    [...log.current().values()]
      .filter((receipt) => listed.has(receipt.path))
      .map((receipt) => receipt.seq),
  );
  return [...book.rows().values()].filter(
    (row) => row.status === 'set_aside' && current.has(row.receipt),
  );
};

/** True when a file waits for somebody: set aside now or before, and still there. */
export const hasFilesAside = (session: Session, { reception }: Intake): boolean =>
  lyingAside(session, reception).length > 0 ||
  reception.unreceived.some((one) => one.report.status === 'set_aside');

/** The file whose bytes a skipped one has: they were loaded under its name. */
const repeatedBy = (copy: FileRow, { book }: Session): string | undefined =>
  [...book.rows().values()].find(
    (row) => row.sha256 === copy.sha256 && row.path !== copy.path && row.status === 'loaded',
  )?.path;

/** Files of this run: what it read, skipped, set aside, and what lies aside from before. */
const filesOf = (session: Session, { intake, applied }: Ending): readonly FileReport[] => {
  const rows = session.book.rows();
  const now = [
    ...intake.loaded.map((file) => file.row.file_id),
    ...intake.aside.map((one) => one.row.file_id),
    ...(applied?.aside ?? []).map((one) => one.row.file_id),
    ...intake.skipped.map((row) => row.file_id),
    ...(intake.replayed?.fileIds ?? []),
  ];
  const ids = new Set([...now, ...lyingAside(session, intake.reception).map((row) => row.file_id)]);
  const current = new Set([...session.log.current().values()].map((receipt) => receipt.seq));
  const skipped = new Set(intake.skipped.map((row) => row.file_id));
  const read = [...ids].flatMap((id) => {
    const row = rows.get(id);
    if (row === undefined) return [];
    const repeats = skipped.has(id) ? repeatedBy(row, session) : undefined;
    const isReplaced = row.status === 'loaded' && !current.has(row.receipt);
    return [
      {
        ...fileReport(row),
        ...(isReplaced ? { replaced: true as const } : {}),
        ...(repeats === undefined ? {} : { repeats }),
      },
    ];
  });
  const listed = new Set(read.map((file) => file.path));
  const unchanged = intake.reception.unchanged
    .filter(({ path }) => !listed.has(path))
    .map(({ path, sha256 }): FileReport => {
      const known = [...rows.values()].findLast((row) => row.path === path);
      return {
        ...noCounts,
        path,
        feed: known?.feed ?? null,
        batch_date: known?.batch_date ?? null,
        sha256,
        status: 'skipped',
      };
    });
  const unreceived = intake.reception.unreceived.map((one) => ({
    ...one.report,
    detail: one.text,
  }));
  return [...read, ...unchanged, ...unreceived].sort((a, b) => (a.path < b.path ? -1 : 1));
};

const replayReport = ({ intake, applied }: Ending): ReplayReport | undefined => {
  if (intake.replayed === undefined) return undefined;
  const { tried, passed, refused, skipped, reread } = intake.replayed;
  const loaded = applied?.replayed ?? 0;
  return { tried, loaded, waiting: passed - loaded, refused, skipped, reread };
};

/** The document that `run --json` prints. */
export const reportRun = (session: Session, ending: Ending): RunReport => {
  const files = filesOf(session, ending);
  const totals = files.reduce((sum, file) => addCounts(sum, file), noCounts);
  const { status, models, checks, snapshot, asOf, startedAt } = ending;
  const replay = replayReport(ending);
  return {
    run_id: status === 'nothing' ? null : session.handle.run,
    status,
    seconds: Math.round(session.effects.now().getTime() - startedAt.getTime()) / 1000,
    as_of: asOf,
    files,
    totals: { ...totals, promoted: ending.applied?.promoted ?? 0 },
    models,
    checks,
    warnings: session.warnings,
    snapshot,
    ...(replay === undefined ? {} : { replay }),
  };
};
