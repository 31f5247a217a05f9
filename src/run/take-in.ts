import { sayCount } from '../base/index.ts';
import { type Contract, matchesFilePattern } from '../contract/index.ts';
import { judgeBudgets } from './judge-budgets.ts';
import { type FileRow, unloadedRow } from './load/file-row.ts';
import type { LoadedFile } from './load/load-context.ts';
import { type AsideFile, loadReceipts, takeOut } from './load/load-files.ts';
import { type Reception, receiveFiles } from './load/receive-files.ts';
import { findMisfits } from './load/record-refusals.ts';
import type { Replayed } from './replay-records.ts';
import { inStep, pendingReceipts, publishAllBronze, type Session } from './run-session.ts';

/** What a run took in. */
export type Intake = {
  readonly reception: Reception;
  readonly loaded: readonly LoadedFile[];
  readonly aside: readonly AsideFile[];
  /** Files skipped in this run because another path holds the same bytes. */
  readonly skipped: readonly FileRow[];
  /** What `quarantine replay` read again. */
  readonly replayed?: Replayed | undefined;
};

/** File versions that this run read, whatever became of them. */
export const readFileIds = ({ loaded, aside }: Intake): readonly string[] => [
  ...new Set([...loaded, ...aside].map((one) => one.row.file_id)),
];

/** The bytes that stand for each path: its newest version, when that was loaded or repeats what was. */
const knownVersions = ({ book }: Session): ReadonlyMap<string, string> => {
  const versions = new Map<
    string,
    { receipt: number; sha256: string; status: FileRow['status'] }
  >();
  for (const row of book.rows().values()) {
    const path = row.path;
    const before = versions.get(path);
    if (row.sha256 !== null && (before === undefined || before.receipt < row.receipt)) {
      versions.set(path, { receipt: row.receipt, sha256: row.sha256, status: row.status });
    }
  }
  return new Map(
    [...versions]
      .filter(([, version]) => version.status !== 'set_aside')
      .map(([path, version]) => [path, version.sha256]),
  );
};

/**
 * Files set aside earlier that may be readable now: their bytes are current, and contract or settings
 * changed, or something new arrived where too many of their rows may have waited for a roster.
 */
const retryable = (
  { book, load, log, project }: Session,
  hasNewFiles: boolean,
): readonly FileRow[] => {
  const mayHaveRoster = hasNewFiles && project.config.settings['quarantine.orphan_budget'] !== null;
  const current = new Set([...log.current().values()].map((receipt) => receipt.seq));
  return [...book.rows().values()].filter(
    (row) =>
      row.status === 'set_aside' &&
      current.has(row.receipt) &&
      (row.read_with !== load.readWith || (mayHaveRoster && row.reason === 'budget')),
  );
};

const setAsideRow = (
  session: Session,
  file: LoadedFile,
  { reason, text, hint }: { readonly reason: string; readonly text: string; readonly hint: string },
): FileRow =>
  unloadedRow({
    ...file.row,
    status: 'set_aside',
    reason,
    detail: `${text} ${hint}`,
    run_id: session.load.run,
    read_with: session.load.readWith,
  });

/** Sets files aside after they were read: their rows leave bronze, their refused records stay. */
export const setFilesAside = async (
  session: Session,
  contract: Contract,
  files: readonly LoadedFile[],
  why: { readonly reason: string; readonly text: string; readonly hint: string },
): Promise<readonly AsideFile[]> => {
  await takeOut(
    session.load,
    contract,
    files.map((file) => file.row.file_id),
  );
  return files.map((file) => {
    const row = setAsideRow(session, file, why);
    session.book.put(row);
    return { row, text: why.text, line: undefined, hint: why.hint };
  });
};

const applyBudgets = async (
  session: Session,
  loaded: readonly LoadedFile[],
): Promise<readonly AsideFile[]> => {
  const aside: AsideFile[] = [];
  for (const failure of judgeBudgets(session.project, loaded)) {
    const own = loaded.filter((file) => failure.fileIds.includes(file.row.file_id));
    const [first] = own;
    if (first === undefined) continue;
    const text = `${sayCount(failure.quarantined)} of ${sayCount(failure.rows)} rows of ${failure.feed} were refused, more than its budget. None of them was loaded.`;
    aside.push(
      ...(await setFilesAside(session, first.contract, own, {
        reason: 'budget',
        text,
        hint: failure.hint,
      })),
    );
  }
  return aside;
};

/** Files of feeds with `onTypeChange: reject` in which a cell does not fit the type of its column. */
const applyTypeChanges = async (
  session: Session,
  loaded: readonly LoadedFile[],
): Promise<readonly AsideFile[]> => {
  const aside: AsideFile[] = [];
  for (const file of loaded.filter(({ contract }) => contract.onTypeChange === 'reject')) {
    const { contract, row } = file;
    const found = await findMisfits(session.load, file);
    if (found.length === 0) continue;
    const { feed } = contract;
    const text = `It has cells that do not fit the type of their column: ${found.join(', ')}. As feeds.${feed}.onTypeChange is reject, none of its rows was loaded.`;
    const hint = `Look at them with schoolhouse quarantine list --file ${row.path}, then mend the file or the type in the contract; to refuse only such rows: feeds.${feed}.onTypeChange: quarantine`;
    aside.push(
      ...(await setFilesAside(session, contract, [file], { reason: 'budget', text, hint })),
    );
  }
  return aside;
};

/** True for files whose name is one of the feeds that `--only` asks for, as it is when they are read. */
const wants = (session: Session, path: string): boolean => {
  const { only } = session.options;
  if (only === undefined) return true;
  return session.project.contracts.some(
    ({ feed, filePatterns }) =>
      only.includes(feed) && filePatterns.some((pattern) => matchesFilePattern(pattern, path)),
  );
};

const withoutAside = (
  files: readonly LoadedFile[],
  aside: readonly AsideFile[],
): readonly LoadedFile[] => {
  const gone = new Set(aside.map((one) => one.row.file_id));
  return files.filter((file) => !gone.has(file.row.file_id));
};

/** Receives new files and reads them, and what waits in the archive, into bronze. Judges budgets. */
export const takeIn = async (session: Session): Promise<Intake> => {
  const { load, log, book, project, options } = session;
  const onProgress = options.onProgress ?? (() => undefined);
  const known = knownVersions(session);
  const reception = await inStep(session, 'receive', () =>
    receiveFiles(load, log, { known, only: (path) => wants(session, path), onProgress }),
  );
  const retried = retryable(session, reception.fresh.length > 0);
  const pending = [
    ...log.receipts().filter((receipt) => retried.some((row) => row.receipt === receipt.seq)),
    ...pendingReceipts(session),
  ].filter((receipt) => wants(session, receipt.path));
  const result = await inStep(session, 'bronze', () =>
    loadReceipts(load, pending, {
      fresh: reception.fresh,
      known,
      retried: new Set(retried.map((row) => row.receipt)),
      onReceipt: ({ path, size: sizeBytes }, index) => {
        session.handle.at(path);
        const doneBytes = sizeBytes;
        onProgress({ kind: 'file', path, index, count: pending.length, sizeBytes, doneBytes });
      },
      onLoaded: ({ row }) => onProgress({ kind: 'rows', name: row.path, rows: row.read }),
    }),
  );
  for (const row of [
    ...result.loaded.map((file) => file.row),
    ...result.aside.map((one) => one.row),
    ...result.skipped,
  ]) {
    book.put(row);
  }
  const misfits = await applyTypeChanges(session, result.loaded);
  const rest = withoutAside(result.loaded, misfits);
  const overBudget = await applyBudgets(session, rest);
  await publishAllBronze(session, project.contracts);
  return {
    reception,
    loaded: withoutAside(rest, overBudget),
    aside: [...result.aside, ...misfits, ...overBudget],
    skipped: result.skipped,
  };
};
