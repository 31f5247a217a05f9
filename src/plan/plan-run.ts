import { batchDateOf, type Contract, matchesFilePattern, matchFeed } from '../contract/index.ts';
import type { ModelGraph } from '../model/index.ts';

/** A file of the drop zone with the hash of its bytes; null where nothing may be read. */
export type PlannedSource = {
  readonly path: string;
  readonly sha256: string | null;
  readonly sizeBytes: number;
  /** Why it would not be opened. */
  readonly unsafe?: string | undefined;
  /** The names in its header, where they can be told without reading it whole. */
  readonly header?: readonly string[] | undefined;
};

/** What the ledger knows of the current version of a path. */
export type KnownFile = {
  readonly path: string;
  readonly feed: string | null;
  readonly status: 'loaded' | 'skipped' | 'set_aside';
  readonly reason: string | null;
  /** True when the contract or the settings that it was read with have changed since. */
  readonly isReadDifferently: boolean;
};

export type PlanInput = {
  readonly files: readonly PlannedSource[];
  /** Hash of the current version of each path that was ever received. */
  readonly received: ReadonlyMap<string, string>;
  readonly known: ReadonlyMap<string, KnownFile>;
  /** Paths that were received and archived by a run that did not commit. */
  readonly pending: readonly string[];
  readonly contracts: readonly Contract[];
  readonly graph: ModelGraph;
  /** Models whose table is missing or was built from something else. */
  readonly behind: ReadonlySet<string>;
};

export type PlannedFile = {
  readonly action: 'load' | 'skip' | 'aside';
  readonly path: string;
  /** The feed that name and header speak for; null when only reading it whole can tell. */
  readonly feed: string | null;
  readonly batch_date: string | null;
  readonly why:
    | 'new'
    | 'changed'
    | 'retry'
    | 'pending'
    | 'same'
    | 'same_bytes_elsewhere'
    | 'set_aside'
    | 'misfit'
    | 'file_unsafe'
    | 'file_empty';
  readonly reason?: string;
  /** Of a misfit: what is wrong, and what to do, in sentences. */
  readonly detail?: string;
  /** The file whose bytes it repeats. */
  readonly repeats?: string;
  readonly before?: string;
  readonly after?: string;
};

export type PlannedModel = { readonly relation: string; readonly why: 'behind' | 'touched' };

/** What a run would do. */
export type Plan = {
  readonly files: readonly PlannedFile[];
  readonly models: readonly PlannedModel[];
};

const feedOf = (path: string, { known, contracts }: PlanInput): string | null =>
  known.get(path)?.feed ??
  contracts.find((contract) =>
    contract.filePatterns.some((pattern) => matchesFilePattern(pattern, path)),
  )?.feed ??
  null;

type Facts = Pick<PlannedFile, 'path' | 'feed' | 'batch_date'>;

/** A file to be read, as far as its name and header let it: a run sets aside what fits no feed. */
const planLoad = (
  planned: PlannedFile,
  { header }: PlannedSource,
  { contracts }: PlanInput,
): PlannedFile => {
  const { path, feed, batch_date } = planned;
  // An archive is what its entries are; a header that is not known says nothing against the name.
  if (/\.zip$/i.test(path) || (header === undefined && feed !== null)) return planned;
  const match = matchFeed(contracts, path, header ?? []);
  if (match.kind === 'matched') return { ...planned, feed: match.contract.feed };
  const { message, hint } = match.problem;
  const detail = hint === undefined ? message : `${message} ${hint}`;
  const facts = { path, feed: match.feed ?? null, batch_date };
  return { action: 'aside', ...facts, why: 'misfit', reason: match.reason, detail };
};

const planFile = (file: PlannedSource, input: PlanInput): PlannedFile => {
  const { path, sha256, unsafe } = file;
  const facts = { path, feed: feedOf(path, input), batch_date: batchDateOf(path) ?? null };
  if (unsafe !== undefined)
    return { action: 'aside', ...facts, why: 'file_unsafe', reason: unsafe };
  if (file.sizeBytes === 0 || sha256 === null)
    return { action: 'aside', ...facts, why: 'file_empty' };
  const before = input.received.get(path);
  if (before === sha256) return planKnown(file, facts, input);
  const [repeats] = [...input.received].find(([, received]) => received === sha256) ?? [];
  if (repeats !== undefined)
    return { action: 'skip', ...facts, why: 'same_bytes_elsewhere', repeats };
  if (before === undefined) return planLoad({ action: 'load', ...facts, why: 'new' }, file, input);
  const versions = { before: before.slice(0, 6), after: sha256.slice(0, 6) };
  return planLoad({ action: 'load', ...facts, why: 'changed', ...versions }, file, input);
};

const planKnown = (file: PlannedSource, facts: Facts, input: PlanInput): PlannedFile => {
  const { known, pending } = input;
  const row = known.get(facts.path);
  if (pending.includes(facts.path)) return { action: 'load', ...facts, why: 'pending' };
  if (row?.status !== 'set_aside') return { action: 'skip', ...facts, why: 'same' };
  const reason = row.reason ?? '';
  return row.isReadDifferently
    ? planLoad({ action: 'load', ...facts, why: 'retry', reason }, file, input)
    : { action: 'aside', ...facts, why: 'set_aside', reason };
};

/** Models that read any of these relations, directly or not. */
const downstreamOf = (graph: ModelGraph, changed: ReadonlySet<string>): ReadonlySet<string> => {
  const touched = new Set(changed);
  for (const model of graph.models) {
    if (model.reads.some((relation) => touched.has(relation))) touched.add(model.relation);
  }
  return touched;
};

/**
 * What a run would do with the files that lie there now: pure, from what is known. A model is `behind` when
 * its table is missing or was built from something else, `touched` when it reads what a loaded file may change.
 */
export const planRun = (input: PlanInput): Plan => {
  const listed = new Set(input.files.map((file) => file.path));
  const files = [
    ...input.files.map((file) => planFile(file, input)),
    ...input.pending
      .filter((path) => !listed.has(path))
      .map(
        (path): PlannedFile => ({
          ...{
            action: 'load',
            path,
            feed: feedOf(path, input),
            batch_date: batchDateOf(path) ?? null,
            why: 'pending',
          },
        }),
      ),
  ];
  const loads = files.filter((file) => file.action === 'load');
  const isAny = loads.some((file) => file.feed === null);
  const feeds = input.contracts
    .map((contract) => contract.feed)
    .filter((feed) => isAny || loads.some((file) => file.feed === feed));
  const staging = feeds.flatMap((feed) => [
    `staging.${feed}`,
    `staging.${feed}_versions`,
    `staging.${feed}_inferred`,
    `bronze.${feed}`,
  ]);
  const touched = downstreamOf(input.graph, new Set([...staging, ...input.behind]));
  const models = input.graph.models.flatMap(({ relation, refresh }): readonly PlannedModel[] => {
    if (refresh.kind === 'view') return [];
    if (input.behind.has(relation)) return [{ relation, why: 'behind' }];
    return touched.has(relation) ? [{ relation, why: 'touched' }] : [];
  });
  return { files, models };
};
