import { data, technical, usage } from '../base/index.ts';

const megabytes = (bytes: number | null): string =>
  bytes === null ? 'an unknown amount' : `${Math.floor(bytes / 1e6)} MB`;

export const ingestErrors = {
  'ingest.disk': technical(
    (f: { act: string; path: string; code: string; freeBytes: number | null }) =>
      `The disk refused to ${f.act} at ${f.path} (${f.code}); ${megabytes(f.freeBytes)} are free there.`,
  ),
  'ingest.unreadable': technical(
    (f: { path: string; code: string }) => `${f.path} cannot be read (${f.code}).`,
  ),
  'ingest.archive-altered': data(
    (f: { sha256: string; found: string }) =>
      `The archived object ${f.sha256} does not hold the bytes that were received: ${f.found}.`,
  ),
  'ingest.archive-missing': data(
    (f: { sha256: string }) => `The archived object ${f.sha256} is not in the archive.`,
  ),
  'ingest.index-damaged': technical(
    (f: { line: number }) =>
      `Line ${f.line} of data/archive/index.jsonl is not the receipt that belongs there.`,
  ),
  'ingest.encoding-unknown': usage(
    (f: { encoding: string }) => `${f.encoding} is not the name of a text encoding.`,
  ),
} as const;
