import { join } from 'node:path';
import { type Compiled, type Effects, type PipelineError, pipelineError } from '../base/index.ts';
import {
  type Contract,
  type HeaderMatch,
  matchFeed,
  matchHeader,
  readConfig,
  readContracts,
} from '../contract/index.ts';
import { extractRecords, type Member, receiveFile, type ScanReport } from '../ingest/index.ts';
import { type LocalFile, listLocalFiles } from '../source/index.ts';
import { cliErrors } from './errors.ts';
import { findPattern } from './find-pattern.ts';

/** What one file of a new project looks like to the contracts, before anything is loaded. */
export type Look = {
  readonly path: string;
  readonly rows: number;
  /** The feed that name and header agree on. */
  readonly feed: string | undefined;
  /** The feed that the header alone would be, where the name says nothing. */
  readonly likelyFeed: string | undefined;
  readonly taken: readonly { readonly column: string; readonly header: string }[];
  readonly unmatched: readonly { readonly header: string; readonly closest: string | undefined }[];
  /** Required columns that the file lacks, with the header that is spelled most like each. */
  readonly lacking: readonly { readonly column: string; readonly closest: string | undefined }[];
  readonly problem: PipelineError | undefined;
  /** The first records, under the names of our columns. */
  readonly sample: readonly Readonly<Record<string, string | null>>[];
  /** How the class ids are written, when nearly all are written alike. */
  readonly classPattern: { readonly pattern: string; readonly percent: number } | undefined;
};

export type FirstLook = {
  readonly looks: readonly Look[];
  /** Files that lie beside data/raw, in the project folder itself. */
  readonly isBeside: boolean;
  readonly contracts: readonly Contract[];
};

/** Records from which the form of class ids is told. */
const readForPattern = 20_000;

const nothing = {
  rows: 0,
  feed: undefined,
  likelyFeed: undefined,
  taken: [],
  unmatched: [],
  lacking: [],
  problem: undefined,
  sample: [],
  classPattern: undefined,
} as const;

/** The feed that a header fits best when the name does not count, with what the header lacks of it. */
const feedOfHeader = (
  contracts: readonly Contract[],
  header: readonly string[],
): Pick<Look, 'likelyFeed' | 'lacking'> => {
  const open = contracts.map((contract) => ({ ...contract, filePatterns: ['*'] }));
  const match = matchFeed(open, 'file.csv', header);
  if (match.kind === 'matched') return { likelyFeed: match.contract.feed, lacking: [] };
  const [best] = contracts
    .map((contract) => ({ contract, found: matchHeader(contract, header) }))
    .sort((one, other) => other.found.columns.size - one.found.columns.size);
  if (best === undefined || best.found.columns.size < 2)
    return { likelyFeed: undefined, lacking: [] };
  return { likelyFeed: best.contract.feed, lacking: lackingOf(best.contract, best.found) };
};

const lackingOf = (contract: Contract, found: HeaderMatch): Look['lacking'] =>
  found.missing.filter(({ column }) =>
    contract.columns.some(
      (one) => one.name === column && (one.required || contract.key.includes(column)),
    ),
  );

const readSample = async (
  report: ScanReport,
  taken: Look['taken'],
  effects: Effects,
): Promise<Pick<Look, 'sample' | 'classPattern'>> => {
  const classHeader = taken.find((one) => one.column === 'class_id')?.header;
  const last = Math.min(report.read, classHeader === undefined ? 3 : readForPattern);
  const rows = Array.from({ length: last }, (_, index) => index + 1);
  const sample: Readonly<Record<string, string | null>>[] = [];
  const classes: string[] = [];
  for await (const { cells } of extractRecords(report.plain, rows, effects)) {
    if (cells === null) continue;
    if (sample.length < 3) {
      sample.push(
        Object.fromEntries(taken.map(({ column, header }) => [column, cells[header] ?? null])),
      );
    }
    const name = classHeader === undefined ? null : cells[classHeader];
    if (name !== null && name !== undefined && name.trim() !== '') classes.push(name.trim());
  }
  return { sample, classPattern: findPattern(classes) };
};

const lookAt = async (
  { path, outcome }: Member,
  contracts: readonly Contract[],
  effects: Effects,
): Promise<Look> => {
  if (outcome.kind === 'set_aside') {
    const { reason, detail } = outcome;
    return {
      ...nothing,
      path,
      problem: pipelineError(cliErrors, 'cli.unreadable', { reason, detail }),
    };
  }
  const { report } = outcome;
  const { columns } = report.plain;
  const match = matchFeed(contracts, path, columns);
  if (match.kind === 'set_aside') {
    const named = contracts.find((contract) => contract.feed === match.feed);
    const likely =
      match.reason === 'feed_unmatched' || named === undefined
        ? feedOfHeader(contracts, columns)
        : { likelyFeed: named.feed, lacking: lackingOf(named, matchHeader(named, columns)) };
    return { ...nothing, ...likely, path, rows: report.read, problem: match.problem };
  }
  const { contract, header, missingRequired } = match;
  const taken = contract.columns.flatMap(({ name }) => {
    const index = header.columns.get(name);
    return index === undefined ? [] : [{ column: name, header: columns[index] ?? '' }];
  });
  return {
    ...nothing,
    path,
    rows: report.read,
    feed: contract.feed,
    taken,
    unmatched: header.unmatched,
    lacking: header.missing.filter(({ column }) => missingRequired.includes(column)),
    ...(await readSample(report, taken, effects)),
  };
};

const lookInto = async (
  file: LocalFile,
  { temp, contracts }: { readonly temp: string; readonly contracts: readonly Contract[] },
  effects: Effects,
): Promise<readonly Look[]> => {
  const received = await receiveFile(
    file,
    { archiveFolder: join(temp, 'archive'), tempFolder: temp, isKnown: () => false },
    effects,
  );
  switch (received.kind) {
    case 'known':
    case 'waiting':
      return [];
    case 'set_aside':
      return [await lookAt({ path: file.path, outcome: received }, contracts, effects)];
    case 'scanned': {
      const looks: Look[] = [];
      for (const member of received.members) looks.push(await lookAt(member, contracts, effects));
      return looks;
    }
    default:
      return received satisfies never;
  }
};

/** Files of the drop zone; when it is empty, files that lie in the project folder itself. */
const listFiles = async (
  projectFolder: string,
  effects: Effects,
): Promise<Pick<FirstLook, 'isBeside'> & { readonly files: readonly LocalFile[] }> => {
  const { files } = await listLocalFiles(projectFolder, {}, effects);
  if (files.length > 0) return { files, isBeside: false };
  const names = await effects.fs.list(projectFolder);
  const patterns = names.filter((name) => /\.(csv|tsv|txt|json|jsonl|ndjson|gz|zip)$/i.test(name));
  if (patterns.length === 0) return { files, isBeside: false };
  const beside = await listLocalFiles(
    projectFolder,
    { patterns, ignore: ['package*.json', 'generated.json', 'tsconfig*.json'] },
    effects,
  );
  return { files: beside.files, isBeside: beside.files.length > 0 };
};

/** Reads the files of a project as a run would, into a temp folder, and tells how they fit the feeds. */
export const lookAtProject = async (
  {
    projectFolder,
    packageFolder,
  }: { readonly projectFolder: string; readonly packageFolder: string },
  effects: Effects,
): Promise<Compiled<FirstLook>> => {
  const config = await readConfig({ projectFolder, flags: [] }, effects);
  if (config.kind === 'problems') return config;
  const builtInFolder = join(packageFolder, 'contracts');
  const contracts = await readContracts(
    { builtInFolder, projectFolder, config: config.value },
    effects,
  );
  if (contracts.kind === 'problems') return contracts;
  const { files, isBeside } = await listFiles(projectFolder, effects);
  const temp = join(projectFolder, 'data', 'tmp', effects.newId());
  const looks: Look[] = [];
  try {
    for (const file of files) {
      looks.push(...(await lookInto(file, { temp, contracts: contracts.value }, effects)));
    }
  } finally {
    await effects.fs.removeTree(temp);
  }
  return { kind: 'ok', value: { looks, isBeside, contracts: contracts.value } };
};
