import { batchDateOf } from '../../contract/index.ts';
import {
  isUntouched,
  type Member,
  type NewReceipt,
  type Receipt,
  type ReceiptLog,
  type Received,
  receiveFile,
} from '../../ingest/index.ts';
import { type LocalFile, listLocalFiles } from '../../source/index.ts';
import { type FileReport, noCounts, type ProgressEvent } from '../run-report.ts';
import type { LoadContext } from './load-context.ts';
import { scanSettings } from './scan-settings.ts';
import { openSeenFiles } from './seen-files.ts';

/** A receipt whose bytes were scanned just now; `verify` says whether the file is still untouched. */
export type FreshReceipt = {
  readonly receipt: Receipt;
  readonly members: readonly Member[];
  readonly verify: () => Promise<boolean>;
};

/** What lies in the drop zone but has no receipt: still growing, empty, unsafe. */
export type Unreceived = {
  readonly report: FileReport;
  readonly text: string;
};

export type Reception = {
  readonly fresh: readonly FreshReceipt[];
  /** Receipts of bytes that were received before. */
  readonly repeated: readonly Receipt[];
  readonly unreceived: readonly Unreceived[];
  /** Files whose bytes are the current version of their path. */
  readonly unchanged: readonly { readonly path: string; readonly sha256: string }[];
  /** Every path that lies in the drop zone now. */
  readonly listed: ReadonlySet<string>;
};

type Finding = {
  readonly fresh: FreshReceipt[];
  readonly repeated: Receipt[];
  readonly unreceived: Unreceived[];
  readonly unchanged: { path: string; sha256: string }[];
};

const unreceived = (
  path: string,
  status: 'set_aside' | 'waiting',
  { reason, text }: { readonly reason?: string; readonly text: string },
): Unreceived => ({
  text,
  report: {
    ...noCounts,
    path,
    feed: null,
    batch_date: null,
    sha256: null,
    status,
    ...(reason === undefined ? {} : { reason }),
  },
});

const newReceipt = (load: LoadContext, file: LocalFile, sha256: string): NewReceipt => ({
  run: load.run,
  sha256,
  path: file.path,
  source: 'local',
  size: file.sizeBytes,
  mtime: file.modifiedAt.toISOString(),
  batch_date: batchDateOf(file.path) ?? load.batchDate ?? null,
  action: 'received',
});

const appendReceipt = async (
  load: LoadContext,
  log: ReceiptLog,
  receipt: NewReceipt,
): Promise<Receipt> => {
  const { receipts, isClockBehind } = await log.append([receipt]);
  await load.effects.point('archive.indexed');
  if (isClockBehind) {
    load.warn({
      code: 'clock_behind',
      file: receipt.path,
      text: "The clock is behind the last receipt's; its date is kept.",
    });
  }
  const [added] = receipts;
  if (added === undefined) throw new Error('the receipt log added nothing');
  return added;
};

const takeIn = async (
  load: LoadContext,
  log: ReceiptLog,
  { file, received }: { readonly file: LocalFile; readonly received: Received },
  found: Finding,
): Promise<void> => {
  switch (received.kind) {
    case 'waiting': {
      const text = 'It is still being written; the next run looks again.';
      found.unreceived.push(unreceived(file.path, 'waiting', { text }));
      return;
    }
    case 'known': {
      const { sha256 } = received;
      if (log.current().get(file.path)?.sha256 === sha256) {
        found.unchanged.push({ path: file.path, sha256 });
        return;
      }
      found.repeated.push(await appendReceipt(load, log, newReceipt(load, file, sha256)));
      return;
    }
    case 'set_aside': {
      const { reason, detail, sha256 } = received;
      if (sha256 === undefined) {
        found.unreceived.push(unreceived(file.path, 'set_aside', { reason, text: detail }));
        return;
      }
      const receipt = await appendReceipt(load, log, newReceipt(load, file, sha256));
      const members = [{ path: file.path, outcome: received }];
      found.fresh.push({ receipt, members, verify: async () => true });
      return;
    }
    case 'scanned': {
      const receipt = await appendReceipt(load, log, newReceipt(load, file, received.sha256));
      const verify = (): Promise<boolean> => isUntouched(file, load.effects);
      found.fresh.push({ receipt, members: received.members, verify });
      return;
    }
    default:
      received satisfies never;
  }
};

const tellSkipped = (load: LoadContext, path: string): void => {
  const text = 'Its extension is not that of a data file; it was left alone.';
  load.warn({ code: 'extension_unknown', file: path, text });
};

/**
 * Looks at every file of the drop zone and takes in those with new bytes: archived, with a receipt,
 * scanned. An untouched file is not read again.
 */
export const receiveFiles = async (
  load: LoadContext,
  log: ReceiptLog,
  {
    known,
    only,
    onProgress,
  }: {
    /** Bytes that stand loaded for each path. */
    readonly known: ReadonlyMap<string, string>;
    readonly only: (path: string) => boolean;
    readonly onProgress: (event: ProgressEvent) => void;
  },
): Promise<Reception> => {
  const { project, effects } = load;
  const listing = await listLocalFiles(
    project.folders.project,
    {
      patterns: project.config.settings['sources.local'],
      ignore: project.config.settings.ignore,
    },
    effects,
  );
  const found: Finding = { fresh: [], repeated: [], unreceived: [], unchanged: [] };
  for (const { path, why } of listing.skipped)
    if (why === 'other_extension') tellSkipped(load, path);
  for (const { path, what } of listing.unsafe) {
    const text =
      what === 'name'
        ? 'Its name is not UTF-8, so that it cannot be opened: rename it.'
        : `It is a ${what === 'special' ? 'device or pipe' : what}, not a file; it was not opened.`;
    found.unreceived.push(unreceived(path, 'set_aside', { reason: 'file_unsafe', text }));
  }
  const seen = await openSeenFiles(project.folders.data, effects);
  const files = listing.files.filter((file) => only(file.path));
  const loaded = new Set(known.values());
  for (const [index, file] of files.entries()) {
    const known = seen.hashOf(file.path, file.fingerprint);
    if (known !== undefined && log.current().get(file.path)?.sha256 === known) {
      found.unchanged.push({ path: file.path, sha256: known });
      continue;
    }
    const tell = (doneBytes: number): void =>
      onProgress({
        kind: 'file',
        path: file.path,
        index,
        count: files.length,
        sizeBytes: file.sizeBytes,
        doneBytes,
      });
    tell(0);
    const current = log.current();
    const own = current.get(file.path)?.sha256;
    const received = await receiveFile(
      file,
      {
        archiveFolder: project.folders.archive,
        tempFolder: load.tempFolder,
        isKnown: (sha256) => sha256 === own || loaded.has(sha256),
        settingsFor: scanSettings(project.contracts),
        knownSizes: new Set([...current.values()].map((receipt) => receipt.size)),
        onBytes: tell,
      },
      effects,
    );
    await takeIn(load, log, { file, received }, found);
    if ('sha256' in received && received.sha256 !== undefined) {
      seen.note(file.path, file.fingerprint, received.sha256);
    }
  }
  await seen.save();
  return { ...found, listed: new Set(listing.files.map((file) => file.path)) };
};
