import { technical, usage } from '../base/index.ts';

export const runErrors = {
  'config.secret-short': usage(
    () => 'privacy.key_secret has fewer than 32 bytes; a shorter one can be found by trying.',
  ),
  'contract.no-vocabulary': usage(
    (f: { feed: string; column: string; vocabulary: string }) =>
      `${f.feed}.${f.column} takes its words from reference.${f.vocabulary}, which no model provides.`,
  ),
  'run.unbalanced': technical((f: { file: string; read: number; accounted: number }) =>
    f.read === f.accounted
      ? `A count of the records of ${f.file} is below zero. Nothing was committed.`
      : `${f.file} has ${f.read} records, but ${f.accounted} were accounted for: a difference of ${f.read - f.accounted}. Nothing was committed.`,
  ),
  'run.rows-lost': technical(
    (f: { relation: string; rows: number; feed: string; loaded: number }) =>
      `${f.relation} has ${f.rows} rows, but ${f.loaded} rows of ${f.feed} count as loaded: a difference of ${Math.abs(f.loaded - f.rows)}. Nothing was committed.`,
  ),
  'run.archive-lost': technical(
    (f: { receipts: number; known: number }) =>
      `data/archive/index.jsonl tells of ${f.receipts} receipts and the tables of ${f.known}: this is not the archive that they were built from. Nothing was changed.`,
  ),
  'run.folder-name': usage(
    () =>
      'The path of the project has { or a backslash in it, under which the engine cannot open a file. Rename the folder.',
  ),
  'run.no-project': usage(
    () =>
      'This folder is no project: it has neither schoolhouse.yaml nor data/raw, and nothing was ever loaded here.',
  ),
  'run.no-lake': usage(() => 'Nothing was loaded yet, so there is nothing to read.'),
  'query.unreadable': usage(
    (f: { name: string }) => `A question can read relations of the snapshot; ${f.name} is none.`,
  ),
  'query.not-select': usage(
    (f: { reason: string }) => `Only one SELECT can be asked (${f.reason}).`,
  ),
  'run.unknown-feed': usage((f: { feed: string }) => `There is no feed ${f.feed}.`),
  'quarantine.unknown-reason': usage(
    (f: { reason: string }) => `No row is ever refused for ${f.reason}.`,
  ),
  'explain.unknown': usage((f: { name: string }) => `There is no relation or column ${f.name}.`),
  'quarantine.not-open': usage(
    (f: { record: string; state: string }) =>
      `The record ${f.record} is not open, it is ${f.state}. Nothing was changed.`,
  ),
  'quarantine.no-record': usage((f: { record: string }) => `No quarantined record ${f.record}.`),
} as const;
