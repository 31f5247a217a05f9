import { spawn } from 'node:child_process';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Effects } from '../base/index.ts';
import { openDraft } from './draft.ts';
import { readSnapshot } from './read-snapshot.ts';
import { nextRun, readRunFile, readRunState } from './run-file.ts';
import { acquireRunLock } from './run-lock.ts';
import { moves, movesOf, openToyLake, type ToyLake } from './toy-lake.ts';

let lake: ToyLake;
beforeEach(async () => {
  lake = await openToyLake();
});
afterEach(() => lake.close());

const acquire = (options = {}, effects = lake.effects) =>
  acquireRunLock(lake.dataFolder, options, effects);
const inData = (name: string): string => join(lake.dataFolder, name);

/** Another process that opens lock.duckdb, says HELD or BUSY, and keeps it until it is told to end. */
const openChild = async () => {
  const script = `
    import { DuckDBInstance } from '@duckdb/node-api';
    try {
      const instance = await DuckDBInstance.create(${JSON.stringify(inData('lock.duckdb'))}, { threads: '1' });
      console.log('HELD');
      process.stdin.on('data', () => { instance.closeSync(); process.exit(0); });
    } catch (error) {
      console.log(String(error.message).includes('Could not set lock') ? 'BUSY' : 'OTHER');
      process.exit(0);
    }`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const ended = new Promise<void>((resolve) => {
    child.on('exit', () => resolve());
  });
  const said = await new Promise<string>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => resolve(chunk.toString().trim()));
    child.on('exit', () => resolve('nothing'));
  });
  return { said, child, ended };
};

it('a second run in the same process is refused and told who writes', async () => {
  const first = await acquire();
  await first.describe(41);
  await expect(acquire()).rejects.toMatchObject({
    code: 'run.locked',
    kind: 'locked',
    facts: { run: 41, pid: process.pid },
    hint: 'To wait for it: schoolhouse run --wait 600',
  });
  await first.verify();
  await first[Symbol.asyncDispose]();
  const second = await acquire();
  expect(second.tookOver).toBeUndefined();
  await second[Symbol.asyncDispose]();
});

it('another process is refused while the lock is held, also after refused tries', async () => {
  const lock = await acquire();
  expect((await openChild()).said).toBe('BUSY');
  await expect(acquire()).rejects.toMatchObject({ code: 'run.locked' });
  expect((await openChild()).said).toBe('BUSY');
  await lock[Symbol.asyncDispose]();
  const other = await openChild();
  expect(other.said).toBe('HELD');
  await expect(acquire()).rejects.toMatchObject({ code: 'run.locked' });
  other.child.kill('SIGKILL');
  await other.ended;
  await (await acquire())[Symbol.asyncDispose]();
});

it('who waits gets the lock when the other process ends', async () => {
  await (await acquire())[Symbol.asyncDispose]();
  const other = await openChild();
  const waiting = acquire({ waitSeconds: 20 });
  other.child.stdin.write('end\n');
  const lock = await waiting;
  await lock.verify();
  await lock[Symbol.asyncDispose]();
});

it('waiting ends with the signal', async () => {
  const lock = await acquire();
  const controller = new AbortController();
  const waiting = acquire({ waitSeconds: 20, signal: controller.signal });
  controller.abort();
  await expect(waiting).rejects.toThrow();
  await lock[Symbol.asyncDispose]();
});

const commitFacts = {
  asOf: null,
  kind: 'data',
  complete: true,
  committedAt: '2025-01-01T00:00:00.000Z',
} as const;

const identity = async (effects: Effects) => {
  const { pid, host, bootId } = effects.process;
  return { pid, host, bootId, start: String(await effects.process.startOf(pid)) };
};

const descriptions: readonly (readonly [string, string | undefined, object | string])[] = [
  ['a dead process', 'stale', { pid: 2 ** 22 + 1 }],
  ['a pid that another process has now', 'stale', { start: '1' }],
  ['another host', 'foreign', { host: 'elsewhere' }],
  ['a living process that lost its lock', 'lost', {}],
  ['nobody, the file being empty', 'empty', ''],
  ['nobody, the file being half written', 'half-written', '{"id":"x","ru'],
];
for (const [who, reason, change] of descriptions) {
  it(`run.lock of ${who} is taken over and said`, async () => {
    await (await acquire())[Symbol.asyncDispose]();
    const base = {
      id: 'x',
      run: 7,
      command: 'old',
      since: 'then',
      ...(await identity(lake.effects)),
    };
    const text = typeof change === 'string' ? change : JSON.stringify({ ...base, ...change });
    writeFileSync(inData('run.lock'), text);
    const lock = await acquire();
    expect(lock.tookOver?.reason).toBe(reason);
    await lock.verify();
    await lock[Symbol.asyncDispose]();
    const next = await acquire();
    expect(next.tookOver).toBeUndefined();
    await next[Symbol.asyncDispose]();
  });
}

for (const [what, bytes] of [
  ['0 bytes', ''],
  ['garbage', 'garbage '.repeat(4000)],
] as const) {
  it(`a lock.duckdb of ${what} is replaced`, async () => {
    await (await acquire())[Symbol.asyncDispose]();
    writeFileSync(inData('lock.duckdb'), bytes);
    const lock = await acquire();
    expect(statSync(inData('lock.duckdb')).size).toBeGreaterThan(4096);
    expect((await openChild()).said).toBe('BUSY');
    await lock[Symbol.asyncDispose]();
  });
}

it('a holder whose lock.duckdb was unlinked may not commit, and others are not blocked', async () => {
  const lock = await acquire();
  rmSync(inData('lock.duckdb'));
  const options = { run: 1, base: undefined, engine: lake.engine, lock };
  const draft = await openDraft(lake.lakeFolder, options, lake.effects);
  await draft.write(moves, movesOf([['a', 'p', '2024-01-01', 1]]));
  await expect(draft.commit(commitFacts)).rejects.toMatchObject({ code: 'lake.lock-lost' });
  await draft[Symbol.asyncDispose]();
  expect(lake.files()).toEqual([]);
  await lock[Symbol.asyncDispose]();
  await (await acquire())[Symbol.asyncDispose]();
});

it('a lock that is lost at the last moment before the rename still stops the commit', async () => {
  const lock = await acquire();
  const losing: Effects = {
    ...lake.effects,
    point: async (name) => {
      if (name === 'current.before-rename') rmSync(inData('lock.duckdb'));
    },
  };
  const options = { run: 1, base: undefined, engine: lake.engine, lock };
  const draft = await openDraft(lake.lakeFolder, options, losing);
  await draft.write(moves, movesOf([['a', 'p', '2024-01-01', 1]]));
  await expect(draft.commit(commitFacts)).rejects.toMatchObject({ code: 'lake.lock-lost' });
  await draft[Symbol.asyncDispose]();
  expect(lake.files()).toEqual(['current']);
  expect(await readSnapshot(lake.lakeFolder, {}, lake.effects)).toBeUndefined();
  await lock[Symbol.asyncDispose]();
});

it('a holder that read lock.duckdb finds out before it commits', async () => {
  const lock = await acquire();
  // Closing any handle on the file releases the kernel lock of the whole process.
  readFileSync(inData('lock.duckdb'));
  const other = await openChild();
  expect(other.said).toBe('HELD');
  const taken = { ...JSON.parse(readFileSync(inData('run.lock'), 'utf8')), id: 'other' };
  writeFileSync(inData('run.lock'), JSON.stringify(taken));
  await expect(lock.verify()).rejects.toMatchObject({ code: 'lake.lock-lost' });
  await lock[Symbol.asyncDispose]();
  expect(readFileSync(inData('run.lock'), 'utf8')).toContain('"other"');
  other.child.kill('SIGKILL');
  await other.ended;
});

it('a project folder that cannot be written is an error before anything is read', async () => {
  const refused: Effects = {
    ...lake.effects,
    fs: {
      ...lake.effects.fs,
      makeFolder: () => Promise.reject(Object.assign(new Error('EACCES'), { code: 'EACCES' })),
    },
  };
  await expect(acquire({}, refused)).rejects.toMatchObject({
    code: 'lake.disk',
    facts: { act: 'lock', path: inData('lock.duckdb'), reason: 'no right to write there' },
  });
});

it('a run number is never used again, whatever is left of the runs before', async () => {
  const take = (atLeast = 0) => nextRun(lake.dataFolder, { atLeast }, lake.effects);
  const first = await take();
  expect(first.run).toBe(1);
  expect(first.unfinished).toBeUndefined();
  await first.heartbeat('load');
  expect(await readRunFile(lake.dataFolder, lake.effects)).toMatchObject({ run: 1, step: 'load' });
  await first.finish('done');
  expect((await take(7)).run).toBe(8);
  await lake.commit(20, (d) => d.write(moves, movesOf([['a', 'p', '2024-01-01', 1]])));
  rmSync(inData('run.json'));
  expect((await take()).run).toBe(21);
  rmSync(inData('run.json'));
  writeFileSync(join(lake.lakeFolder, 'stock/moves/2024-01/30-4.parquet'), '');
  expect((await take()).run).toBe(31);
  writeFileSync(inData('run.json'), '{"run": 50');
  expect((await take()).run).toBe(31);
});

it('a killed run is told by its file, which still says that it runs', async () => {
  const first = await nextRun(lake.dataFolder, { atLeast: 0 }, lake.effects);
  expect((await readRunState(lake.dataFolder, lake.effects)).kind).toBe('running');
  const told = JSON.parse(readFileSync(inData('run.json'), 'utf8'));
  writeFileSync(inData('run.json'), JSON.stringify({ ...told, start: '1' }));
  expect(await readRunState(lake.dataFolder, lake.effects)).toMatchObject({
    kind: 'killed',
    file: { run: first.run, step: 'start' },
  });
  const second = await nextRun(lake.dataFolder, { atLeast: 0 }, lake.effects);
  expect(second.unfinished?.run).toBe(first.run);
  await second.finish('failed');
  expect((await readRunState(lake.dataFolder, lake.effects)).kind).toBe('ended');
});

it('a run that fails keeps the step at which it stopped, and what it worked on there', async () => {
  const first = await nextRun(lake.dataFolder, { atLeast: 0 }, lake.effects);
  await first.heartbeat('bronze');
  first.at('data/raw/a.csv');
  await first.heartbeat('build');
  first.at('stock.moves');
  first.at('stock.places');
  await first.finish('failed');
  const told = { run: 1, state: 'failed', step: 'build (stock.places)' };
  expect(await readRunFile(lake.dataFolder, lake.effects)).toMatchObject(told);
  const second = await nextRun(lake.dataFolder, { atLeast: 0 }, lake.effects);
  expect(second.unfinished).toMatchObject(told);
  await second.heartbeat('checks');
  await second.finish('interrupted');
  expect((await readRunFile(lake.dataFolder, lake.effects))?.step).toBe('checks');
});
