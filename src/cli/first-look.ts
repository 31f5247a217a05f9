import { join } from 'node:path';
import { type Compiled, type Effects, type PipelineError, pipelineError } from '../base/index.ts';
import {
  type Contract,
  type FeedMatch,
  type HeaderMatch,
  looksLikeName,
  matchFeed,
  matchHeader,
  type ProjectConfig,
  readContracts,
  readProjectConfig,
} from '../contract/index.ts';
import { type Engine, openDuckDB } from '../engine/index.ts';
import {
  extractRecords,
  type Member,
  type RefusedRecord,
  receiveFile,
  type ScanReport,
} from '../ingest/index.ts';
import { type LocalFile, listLocalFiles } from '../source/index.ts';
import { cliErrors } from './errors.ts';
import { findPattern } from './find-pattern.ts';
import { guessFormat } from './guess-format.ts';
import { type Misfit, textsUnder, tryTypes } from './try-types.ts';

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
  /** Required columns that the file lacks. */
  readonly lacking: readonly Lacking[];
  /** Columns in which cells of the first records do not fit the type. */
  readonly misfits: readonly Misfit[];
  readonly problem: PipelineError | undefined;
  /** The first records, under the names of our columns. */
  readonly sample: readonly Readonly<Record<string, string | null>>[];
  /** How the class ids are written, when nearly all are written alike. */
  readonly classPattern: { readonly pattern: string; readonly percent: number } | undefined;
};

export type Lacking = {
  readonly column: string;
  /** The header that is spelled most like it. */
  readonly closest: string | undefined;
  /** Headers that it may be, by what stands below them. */
  readonly candidates: readonly string[];
  /** How the dates of the only candidate are written. */
  readonly formats: readonly string[];
};

export type FirstLook = {
  readonly looks: readonly Look[];
  /** Files that lie beside data/raw, in the project folder itself. */
  readonly isBeside: boolean;
  readonly contracts: readonly Contract[];
};

/** Records from which the form of class ids is told, and those whose types are tried. */
const readForPattern = 20_000;
const readForTypes = 1_000;

/** A reader of JSON lines asks for half a GB before it reads the first. */
const memoryLimitBytes = 2_000_000_000;

const nothing = {
  rows: 0,
  feed: undefined,
  likelyFeed: undefined,
  taken: [],
  unmatched: [],
  lacking: [],
  misfits: [],
  problem: undefined,
  sample: [],
  classPattern: undefined,
} as const;

/** What all files of a project are looked at with. */
type Looking = {
  readonly temp: string;
  readonly contracts: readonly Contract[];
  readonly config: ProjectConfig;
  readonly engine: Engine;
};

/** The contract that a header fits best when the name does not count; undefined when it fits none. */
const contractOfHeader = (
  contracts: readonly Contract[],
  header: readonly string[],
): Contract | undefined => {
  const open = contracts.map((contract) => ({ ...contract, filePatterns: ['*'] }));
  const match = matchFeed(open, 'file.csv', header);
  if (match.kind === 'matched') return match.contract;
  const [best] = contracts
    .map((contract) => ({ contract, found: matchHeader(contract, header) }))
    .sort((one, other) => other.found.columns.size - one.found.columns.size);
  return best === undefined || best.found.columns.size < 2 ? undefined : best.contract;
};

/** What must be there: required columns and, where no other columns identify a row, its key. */
const lackingOf = (contract: Contract, found: HeaderMatch): readonly string[] =>
  found.missing
    .map(({ column }) => column)
    .filter((column) =>
      contract.columns.some(
        (one) =>
          one.name === column &&
          (contract.key.includes(column) ? contract.naturalKey === undefined : one.required),
      ),
    );

const readRecords = async (
  report: ScanReport,
  last: number,
  effects: Effects,
): Promise<readonly RefusedRecord[]> => {
  const rows = Array.from({ length: Math.min(report.read, last) }, (_, index) => index + 1);
  const records: RefusedRecord[] = [];
  for await (const record of extractRecords(report.plain, rows, effects)) {
    if (record.cells !== null) records.push(record);
  }
  return records;
};

/** Which free headers a missing column may be: for a date those that hold dates, for any other the rest. */
const describeLacking = (
  contract: Contract,
  found: HeaderMatch,
  records: readonly RefusedRecord[],
): readonly Lacking[] => {
  const free = found.unmatched.map(({ header }) => header).filter(looksLikeName);
  const guesses = new Map(free.map((name) => [name, guessFormat(textsUnder(name, records))]));
  return lackingOf(contract, found).map((column) => {
    const isDate = contract.columns.some((one) => one.name === column && one.type.kind === 'date');
    const candidates = free.filter((name) => (guesses.get(name) !== undefined) === isDate);
    const { closest } = found.missing.find((one) => one.column === column) ?? {};
    const named = closest ?? (candidates.length === 1 ? candidates[0] : undefined);
    const guess = isDate && named !== undefined ? guesses.get(named) : undefined;
    const formats = guess === undefined || guess === 'iso' ? [] : guess;
    return { column, closest, candidates, formats };
  });
};

const takenBy = (
  contract: Contract,
  found: HeaderMatch,
  columns: readonly string[],
): Look['taken'] =>
  contract.columns.flatMap(({ name }) => {
    const index = found.columns.get(name);
    return index === undefined ? [] : [{ column: name, header: columns[index] ?? '' }];
  });

/** A file that fits no feed: what it lacks of the feed that it fits best, and its headers that nobody takes. */
const lookAtMisfit = async (
  report: ScanReport,
  match: Extract<FeedMatch, { kind: 'set_aside' }>,
  { contracts }: Looking,
  effects: Effects,
): Promise<Partial<Look>> => {
  const { columns } = report.plain;
  const named = contracts.find((contract) => contract.feed === match.feed);
  const likely =
    match.reason === 'feed_unmatched' || named === undefined
      ? contractOfHeader(contracts, columns)
      : named;
  if (likely === undefined) return {};
  const found = matchHeader(likely, columns);
  return {
    likelyFeed: likely.feed,
    taken: takenBy(likely, found, columns),
    unmatched: found.unmatched,
    lacking: describeLacking(likely, found, await readRecords(report, readForTypes, effects)),
  };
};

const lookAtFeed = async (
  report: ScanReport,
  { contract, header, drift, missingRequired }: Extract<FeedMatch, { kind: 'matched' }>,
  looking: Looking,
  effects: Effects,
): Promise<Partial<Look>> => {
  const { columns } = report.plain;
  const taken = takenBy(contract, header, columns);
  const classHeader = taken.find((one) => one.column === 'class_id')?.header;
  const last = classHeader === undefined ? readForTypes : readForPattern;
  const all = await readRecords(report, last, effects);
  const records = all.slice(0, readForTypes);
  const trial = { contract, columns, positions: header.columns, drift, records };
  return {
    taken,
    unmatched: header.unmatched,
    lacking: describeLacking(contract, header, records).filter(({ column }) =>
      missingRequired.includes(column),
    ),
    misfits: await tryTypes(trial, looking, effects),
    sample: records
      .slice(0, 3)
      .map(({ cells }) =>
        Object.fromEntries(
          taken.map(({ column, header: name }) => [column, cells?.[name] ?? null]),
        ),
      ),
    classPattern: classHeader === undefined ? undefined : findPattern(textsUnder(classHeader, all)),
  };
};

const lookAt = async (
  { path, outcome }: Member,
  looking: Looking,
  effects: Effects,
): Promise<Look> => {
  if (outcome.kind === 'set_aside') {
    const { reason, detail } = outcome;
    const problem = pipelineError(cliErrors, 'cli.unreadable', { reason, detail });
    return { ...nothing, path, problem };
  }
  const { report } = outcome;
  const match = matchFeed(looking.contracts, path, report.plain.columns);
  const base = { ...nothing, path, rows: report.read };
  if (match.kind === 'set_aside') {
    const found = await lookAtMisfit(report, match, looking, effects);
    return { ...base, ...found, problem: match.problem };
  }
  const found = await lookAtFeed(report, match, looking, effects);
  return { ...base, ...found, feed: match.contract.feed };
};

const lookInto = async (
  file: LocalFile,
  looking: Looking,
  effects: Effects,
): Promise<readonly Look[]> => {
  const { temp } = looking;
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
      return [await lookAt({ path: file.path, outcome: received }, looking, effects)];
    case 'scanned': {
      const looks: Look[] = [];
      for (const member of received.members) looks.push(await lookAt(member, looking, effects));
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
  const config = await readProjectConfig(projectFolder, effects);
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
  if (files.length === 0)
    return { kind: 'ok', value: { looks, isBeside, contracts: contracts.value } };
  const engine = await openDuckDB({
    memoryLimitBytes,
    threads: 1,
    tempFolder: join(temp, 'engine'),
  });
  const looking = { temp, contracts: contracts.value, config: config.value, engine };
  try {
    for (const file of files) looks.push(...(await lookInto(file, looking, effects)));
  } finally {
    await engine[Symbol.asyncDispose]();
    await effects.fs.removeTree(temp);
  }
  return { kind: 'ok', value: { looks, isBeside, contracts: contracts.value } };
};
