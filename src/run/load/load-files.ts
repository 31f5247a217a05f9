import { joinSql, quoteText, sql } from '../../base/index.ts';
import type { Contract } from '../../contract/index.ts';
import { type Member, openArchived, type Receipt } from '../../ingest/index.ts';
import { bronzeDefinition, bronzeParts } from './bronze-relation.ts';
import { type FileRow, unloadedRow } from './file-row.ts';
import type { LoadContext, LoadedFile } from './load-context.ts';
import { loadMember } from './load-member.ts';
import type { FreshReceipt } from './receive-files.ts';
import { scanSettings } from './scan-settings.ts';

/** A file version that was read in this run and holds no loaded row, with the sentence that says why. */
export type AsideFile = {
  readonly row: FileRow;
  readonly text: string;
  readonly line: number | undefined;
  readonly hint: string | undefined;
};

export type LoadResult = {
  readonly loaded: readonly LoadedFile[];
  readonly aside: readonly AsideFile[];
  readonly skipped: readonly FileRow[];
};

/** Id of a file version: the receipt, and for an entry of an archive its place in it. */
export const fileIdOf = (receipt: Receipt, members: readonly Member[], index: number): string =>
  members.length === 1 ? String(receipt.seq) : `${receipt.seq}:${index + 1}`;

type Gathered = {
  readonly loaded: LoadedFile[];
  readonly aside: AsideFile[];
  readonly skipped: FileRow[];
};

const loadMembers = async (
  load: LoadContext,
  receipt: Receipt,
  members: readonly Member[],
  gathered: Gathered,
): Promise<boolean> => {
  const before = gathered.loaded.length;
  for (const [index, member] of members.entries()) {
    const result = await loadMember(load, member, {
      receipt,
      fileId: fileIdOf(receipt, members, index),
    });
    if (result.kind === 'loaded') gathered.loaded.push(result.file);
    else gathered.aside.push(result);
  }
  return gathered.loaded.length > before;
};

/** Scans a receipt's bytes again from the archive; what cannot be opened is one set-aside member. */
const membersOfArchived = async (
  load: LoadContext,
  receipt: Receipt,
): Promise<readonly Member[]> => {
  const { sha256, path } = receipt;
  const scanned = await openArchived(
    { sha256, path },
    {
      archiveFolder: load.project.folders.archive,
      tempFolder: load.tempFolder,
      settingsFor: scanSettings(load.project.contracts),
    },
    load.effects,
  );
  return scanned.kind === 'set_aside' ? [{ path, outcome: scanned }] : scanned.members;
};

/** True for bytes that were, at that time, already loaded as the current version of some path. */
const isRepeat = (receipt: Receipt, before: ReadonlyMap<string, string>): boolean =>
  [...before.values()].includes(receipt.sha256);

/**
 * Loads receipts that the ledger does not know, in the order of receipt, each from its fresh scan
 * or from the archive. `known` is the loaded version of each path before the first of them.
 */
export const loadReceipts = async (
  load: LoadContext,
  pending: readonly Receipt[],
  {
    fresh,
    known,
    retried,
    onReceipt,
    onLoaded,
  }: {
    readonly fresh: readonly FreshReceipt[];
    readonly known: ReadonlyMap<string, string>;
    /** Receipts that were set aside before and are read again. */
    readonly retried: ReadonlySet<number>;
    readonly onReceipt: (receipt: Receipt, index: number) => void;
    readonly onLoaded: (file: LoadedFile) => void;
  },
): Promise<LoadResult> => {
  const gathered: Gathered = { loaded: [], aside: [], skipped: [] };
  const current = new Map(known);
  const scans = new Map(fresh.map((one) => [one.receipt.seq, one]));
  for (const [index, receipt] of pending.entries()) {
    onReceipt(receipt, index);
    const scan = scans.get(receipt.seq);
    if (!retried.has(receipt.seq) && isRepeat(receipt, current)) {
      current.set(receipt.path, receipt.sha256);
      gathered.skipped.push(
        unloadedRow({
          file_id: String(receipt.seq),
          path: receipt.path,
          sha256: receipt.sha256,
          size_bytes: receipt.size,
          feed: null,
          batch_date: receipt.batch_date,
          status: 'skipped',
          reason: null,
          detail: null,
          receipt: receipt.seq,
          received_on: receipt.received_on,
          run_id: load.run,
          read_with: load.readWith,
        }),
      );
    } else {
      const members = scan?.members ?? (await membersOfArchived(load, receipt));
      const before = gathered.loaded.length;
      const isLoaded = await loadMembers(load, receipt, members, gathered);
      gathered.loaded.slice(before).forEach(onLoaded);
      if (isLoaded) current.set(receipt.path, receipt.sha256);
      else current.delete(receipt.path);
    }
  }
  return gathered;
};

/** Takes the rows of files out of the draft's bronze again: they were set aside after all. */
export const takeOut = async (
  load: LoadContext,
  contract: Contract,
  fileIds: readonly string[],
): Promise<void> => {
  if (fileIds.length === 0) return;
  const list = joinSql(fileIds.map(quoteText));
  const parts = bronzeParts(contract.feed);
  const empty = sql`select * from (${load.draft.query(parts)}) where false`;
  await load.draft.replaceRows(bronzeDefinition(load.draft, contract), {
    keys: sql`select unnest([${list}]) as _file_id`,
    insert: empty,
  });
};
