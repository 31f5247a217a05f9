import { join } from 'node:path';
import { type Effects, PipelineError, sayCount, sql } from '../base/index.ts';
import { type ListedSetting, listSettings, readProjectConfig } from '../contract/index.ts';
import { openDuckDB } from '../engine/index.ts';
import { compareParts, readRunState, readSnapshot, type Snapshot } from '../lake/index.ts';
import { describeKilled, isWarehouseFresh } from '../run/index.ts';
import { sweepTemp } from './sweep-temp.ts';

/** One thing that doctor looked at. `exit` is the code that it asks for; 0 when it is no fault. */
export type Finding = {
  readonly state: 'ok' | 'note' | 'fail';
  readonly name: string;
  readonly text: string;
  readonly hint?: string | undefined;
  readonly exit: 0 | 1 | 2 | 3;
};

export type ExamineOptions = {
  readonly projectFolder: string;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
};

export type Examination = {
  readonly findings: readonly Finding[];
  readonly settings: readonly ListedSetting[];
};

const fine = (name: string, text: string): Finding => ({ state: 'ok', name, text, exit: 0 });

const note = (name: string, text: string, hint?: string): Finding => ({
  state: 'note',
  name,
  text,
  hint,
  exit: 0,
});

const fault = (name: string, exit: 1 | 2 | 3, text: string, hint?: string): Finding => ({
  state: 'fail',
  name,
  text,
  hint,
  exit,
});

const exits = { data: 1, usage: 2, technical: 3, locked: 3 } as const;

/** An error of ours as a finding; anything else is thrown on. */
const asFault = (name: string, error: unknown): Finding => {
  if (!(error instanceof PipelineError)) throw error;
  return fault(name, exits[error.kind], error.message, error.hint);
};

const gigabytes = (bytes: number): string =>
  `${(bytes / 1e9).toLocaleString('en-US', { maximumFractionDigits: bytes < 1e10 ? 1 : 0 })} GB`;

const examineEngine = async (
  { projectFolder, signal }: ExamineOptions,
  effects: Effects,
): Promise<Finding> => {
  const tempFolder = join(projectFolder, 'data', 'tmp', effects.newId());
  try {
    const engine = await openDuckDB({ memoryLimitBytes: 1e8, threads: 1, tempFolder, signal });
    try {
      const [row] = await engine.rows(sql`select version() as version`);
      return fine(
        'versions',
        `node ${process.versions.node}, duckdb ${String(row?.version).replace(/^v/, '')}`,
      );
    } finally {
      await engine[Symbol.asyncDispose]();
    }
  } catch (error) {
    const hint =
      'Install again: npm install. The engine is a native library for this system and processor.';
    return error instanceof PipelineError
      ? asFault('versions', error)
      : fault('versions', 3, 'The engine cannot be opened.', hint);
  }
};

const tightBytes = 2e9;

const examineDisk = async (
  { projectFolder }: ExamineOptions,
  effects: Effects,
): Promise<readonly Finding[]> => {
  const facts = await effects.fs.stat(projectFolder);
  if (facts === undefined) {
    return [
      fault(
        'folder',
        2,
        'The project folder does not exist.',
        'To make it: schoolhouse init <folder>',
      ),
    ];
  }
  const data = join(projectFolder, 'data');
  const folder = (await effects.fs.stat(data)) === undefined ? projectFolder : data;
  const probe = join(folder, `.doctor-${effects.newId()}`);
  const found: Finding[] = [];
  try {
    await effects.fs.writeText(probe, 'written by schoolhouse doctor\n');
    await effects.fs.unlink(probe);
    found.push(fine('folder', 'the folder can be written'));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    found.push(
      fault(
        'folder',
        3,
        `The folder cannot be written (${code}).`,
        'Reading still works: schoolhouse query.',
      ),
    );
  }
  const free = await effects.fs.freeBytes(folder);
  const text = `${gigabytes(free)} free`;
  const hint = 'A run needs about three times the size of the new files.';
  found.push(free < tightBytes ? note('disk', `only ${text}`, hint) : fine('disk', text));
  return found;
};

/** The run of the snapshot that stands; 0 when there is none, or none that can be read: that is told elsewhere. */
const lastCommitted = async (projectFolder: string, effects: Effects): Promise<number> => {
  try {
    const snapshot = await readSnapshot(join(projectFolder, 'data', 'lake'), {}, effects);
    return snapshot?.manifest.run ?? 0;
  } catch {
    return 0;
  }
};

const examineRun = async (
  { projectFolder }: ExamineOptions,
  effects: Effects,
): Promise<Finding> => {
  const state = await readRunState(join(projectFolder, 'data'), effects);
  switch (state.kind) {
    case 'none':
      return fine('run', 'no run yet');
    case 'ended': {
      const { run, state: ending, step } = state.file;
      const where = ending === 'done' ? '' : `, stopped at ${step}`;
      return fine('run', `no run works; the last one, ${run}, ended: ${ending}${where}`);
    }
    case 'running': {
      const { run, pid, command, startedAt, step } = state.file;
      return note(
        'run',
        `run ${run} (pid ${pid}, ${command}) holds the lake since ${startedAt}, at ${step}`,
      );
    }
    case 'killed': {
      const committed = await lastCommitted(projectFolder, effects);
      const isLost = state.file.run > committed;
      return note(
        'run',
        describeKilled(state.file, committed),
        isLost ? 'The next run goes on from the archive: schoolhouse run' : undefined,
      );
    }
    default:
      return state satisfies never;
  }
};

const examineConfig = async (
  { projectFolder }: ExamineOptions,
  effects: Effects,
): Promise<Examination> => {
  const config = await readProjectConfig(projectFolder, effects);
  if (config.kind === 'problems') {
    return {
      settings: [],
      findings: config.problems.map(({ message, place, hint }) => {
        const where = [place?.file, place?.line, place?.column]
          .filter((part) => part !== undefined)
          .join(':');
        return fault('settings', 2, `${where}  ${message}`, hint);
      }),
    };
  }
  const settings = listSettings(config.value);
  const zone = settings.find((one) => one.key === 'timezone');
  const secret = settings.find((one) => one.key === 'privacy.key_secret');
  const said = [zone, secret].flatMap((one) =>
    one === undefined ? [] : [`${one.key} ${one.value} (${one.origin})`],
  );
  return { settings, findings: [fine('settings', said.join(', '))] };
};

/** Every part of the snapshot is read and its SHA-256 compared: a flipped bit may give wrong values without an error. */
const examineParts = async (
  snapshot: Snapshot,
  { onProgress, signal }: ExamineOptions,
  effects: Effects,
): Promise<readonly Finding[]> => {
  const onPart = (number: number, count: number): void => {
    signal.throwIfAborted();
    onProgress(`reading part ${number} of ${count}`);
  };
  const { parts, damaged } = await compareParts(snapshot, { onPart }, effects);
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  const hint = 'The archive has every row: schoolhouse run --full-refresh builds the lake anew.';
  if (damaged.length > 0) {
    return damaged.map((path) =>
      fault('parts', 3, `data/lake/${path} is not what was written: its SHA-256 differs.`, hint),
    );
  }
  return [
    fine(
      'parts',
      `${sayCount(parts.length)} parts, ${(bytes / 1e6).toFixed(1)} MB: every SHA-256 agrees`,
    ),
  ];
};

const examineLake = async (
  options: ExamineOptions,
  effects: Effects,
): Promise<readonly Finding[]> => {
  const data = join(options.projectFolder, 'data');
  try {
    const snapshot = await readSnapshot(join(data, 'lake'), {}, effects);
    if (snapshot === undefined) {
      return [
        note(
          'lake',
          'nothing was committed yet',
          'Put files into data/raw and type: schoolhouse run',
        ),
      ];
    }
    const { run, committedAt, complete } = snapshot.manifest;
    const state = `snapshot ${run}, committed ${committedAt}`;
    const findings = [
      ...snapshot.warnings.map(({ text }) =>
        fault('lake', 1, text, 'To write it anew: schoolhouse run'),
      ),
      complete
        ? fine('lake', state)
        : note(
            'lake',
            `${state}, of a partial run: later layers are older`,
            'To bring them up to date: schoolhouse run',
          ),
      ...(await examineParts(snapshot, options, effects)),
    ];
    const isFresh = await isWarehouseFresh(data, snapshot, effects);
    const stale = fault(
      'warehouse',
      1,
      'data/warehouse.duckdb does not show the snapshot.',
      'To make it anew: schoolhouse run',
    );
    return [
      ...findings,
      isFresh ? fine('warehouse', 'data/warehouse.duckdb shows the snapshot') : stale,
    ];
  } catch (error) {
    return [asFault('lake', error)];
  }
};

const examineTemp = async (
  { projectFolder }: ExamineOptions,
  effects: Effects,
): Promise<readonly Finding[]> => {
  const swept = await sweepTemp(join(projectFolder, 'data'), effects);
  switch (swept.kind) {
    case 'nothing':
      return [fine('temp', 'no temporary files are left over')];
    case 'swept':
      return [
        fine(
          'temp',
          `removed what killed processes left: ${sayCount(swept.count)} temporary folders`,
        ),
      ];
    case 'busy':
      return [note('temp', 'temporary files were not looked at: another run works')];
    case 'refused':
      return [note('temp', `temporary files could not be removed (${swept.code})`)];
    default:
      return swept satisfies never;
  }
};

/** Everything that doctor looks at, in the order that it is told. */
export const examine = async (options: ExamineOptions, effects: Effects): Promise<Examination> => {
  const disk = await examineDisk(options, effects);
  if (disk.some((one) => one.exit === 2)) return { findings: disk, settings: [] };
  const temp = await examineTemp(options, effects);
  const engine = await examineEngine(options, effects);
  const config = await examineConfig(options, effects);
  const findings = [
    engine,
    ...disk,
    await examineRun(options, effects),
    ...config.findings,
    ...temp,
    ...(await examineLake(options, effects)),
  ];
  return { findings, settings: config.settings };
};
