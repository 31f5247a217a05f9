import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Effects } from '../base/index.ts';
import { openDraft } from './draft.ts';
import { collectGarbage, sweepKilled } from './garbage.ts';
import { formatManifest, parseManifest } from './parse-manifest.ts';
import { listSnapshots, readSnapshot } from './read-snapshot.ts';
import { type Move, moves, movesOf, openToyLake, spoil, type ToyLake } from './toy-lake.ts';

let lake: ToyLake;
beforeEach(async () => {
  lake = await openToyLake();
});
afterEach(() => lake.close());

const oneRow = (id: string): readonly Move[] => [[id, 'p', '2024-01-01', 1]];
const add = (run: number, id = `r${run}`, effects?: Effects) =>
  lake.commit(
    run,
    (d) => d.append(moves, movesOf(oneRow(id))),
    effects === undefined ? {} : { effects },
  );
const ids = async (): Promise<readonly string[]> =>
  (await lake.lines()).map((line) => line.split('|')[0] ?? '');

/** A world in which the process ends at a named point: nothing that comes after happens, no clean-up. */
const killedAt = (name: string): Effects => {
  let dead = false;
  const stopWhenDead = <T extends object>(target: T): T =>
    new Proxy(target, {
      get: (object, member, receiver) => {
        if (dead) return () => Promise.reject(new Error('killed'));
        return Reflect.get(object, member, receiver);
      },
    });
  return {
    ...lake.effects,
    fs: stopWhenDead(lake.effects.fs),
    point: async (point) => {
      if (point !== name) return;
      dead = true;
      throw new Error('killed');
    },
  };
};

const points = [
  { point: 'part.written', world: ['r1'] },
  { point: 'manifest.write', world: ['r1'] },
  { point: 'manifest.fsync', world: ['r1'] },
  { point: 'current.before-rename', world: ['r1'] },
  { point: 'current.after-rename', world: ['r1', 'r2'] },
] as const;

for (const { point, world } of points) {
  it(`a commit killed at ${point} leaves ${world.length === 1 ? 'the old' : 'the new'} world, and the next run cleans up`, async () => {
    await add(1);
    await expect(add(2, 'r2', killedAt(point))).rejects.toThrow('killed');
    expect(await ids()).toEqual(world);
    await add(3);
    await sweepKilled(lake.dataFolder, { run: 3 }, lake.effects);
    await collectGarbage(lake.lakeFolder, { keep: 30, graceDays: 7, run: 3 }, lake.effects);
    expect(await ids()).toEqual([...world, 'r3']);
    const runs = world.length === 1 ? [1, 3] : [1, 2, 3];
    expect(lake.files()).toEqual(
      [
        'current',
        ...runs.map((run) => `manifests/${run}.json`),
        ...runs.map((run) => `stock/moves/2024-01/${run}-0.parquet`),
      ].sort(),
    );
  });
}

/** Fails on the first run too early to be found by `current`; what it left is nothing to the next run. */
const expectEmptyThenFilled = async (): Promise<void> => {
  expect(await readSnapshot(lake.lakeFolder, {}, lake.effects)).toBeUndefined();
  expect(await listSnapshots(lake.lakeFolder, lake.effects)).toEqual([]);
  const manifest = await add(2);
  expect(manifest.parent).toBeNull();
  const snapshot = await lake.open();
  expect([snapshot.manifest.run, snapshot.warnings]).toEqual([2, []]);
  expect(await ids()).toEqual(['r2']);
  await sweepKilled(lake.dataFolder, { run: 2 }, lake.effects);
  await collectGarbage(lake.lakeFolder, { keep: 30, graceDays: 7, run: 2 }, lake.effects);
  expect(lake.files()).toEqual(['current', 'manifests/2.json', 'stock/moves/2024-01/2-0.parquet']);
};

it('a first run killed while it writes its manifest leaves an empty lake that the next run fills', async () => {
  await expect(add(1, 'r1', killedAt('manifest.fsync'))).rejects.toThrow('killed');
  spoil(join(lake.lakeFolder, 'manifests/1.json'), 'cut');
  await expectEmptyThenFilled();
});

it('a first run killed before its rename of current committed nothing, though its manifest is whole', async () => {
  await expect(add(1, 'r1', killedAt('current.before-rename'))).rejects.toThrow('killed');
  const text = readFileSync(join(lake.lakeFolder, 'manifests/1.json'), 'utf8');
  expect(parseManifest(text).kind).toBe('ok');
  await expectEmptyThenFilled();
});

it('a first run that fails at its manifest leaves no manifest and no part', async () => {
  const failing: Effects = {
    ...lake.effects,
    point: async (name) => {
      if (name === 'current.before-rename') throw new Error('refused');
    },
  };
  await expect(add(1, 'r1', failing)).rejects.toThrow('refused');
  expect(lake.files()).toEqual(['current']);
  await expectEmptyThenFilled();
});

it('an error after the rename keeps the parts of the new world', async () => {
  await add(1);
  const failing: Effects = {
    ...lake.effects,
    point: async (name) => {
      if (name === 'current.after-rename') throw new Error('interrupted');
    },
  };
  await expect(add(2, 'r2', failing)).rejects.toThrow('interrupted');
  expect(await ids()).toEqual(['r1', 'r2']);
});

it('a full disk at the manifest is an error that names path and bytes, and changes nothing', async () => {
  await add(1);
  const before = lake.files();
  const full: Effects = {
    ...lake.effects,
    fs: {
      ...lake.effects.fs,
      open: async (path, mode) => {
        if (mode === 'draft') throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
        return lake.effects.fs.open(path, mode);
      },
    },
  };
  await expect(add(2, 'r2', full)).rejects.toMatchObject({
    code: 'lake.disk',
    kind: 'technical',
    facts: { reason: 'no room on the disk', neededBytes: expect.any(Number) },
  });
  expect(lake.files()).toEqual(before);
});

it('everything is synced before the name of it is: part, folders, manifest, then current', async () => {
  const calls: string[] = [];
  const note = (name: string, path: string): number =>
    calls.push(`${name} ${relative(lake.lakeFolder, path)}`);
  const { fs } = lake.effects;
  const recording: Effects = {
    ...lake.effects,
    fs: {
      ...fs,
      syncFile: async (path) => {
        note('sync', path.replace(/.*\.drafts.*/, `${lake.lakeFolder}/draft`));
        await fs.syncFile(path);
      },
      syncFolder: async (path) => {
        note('sync', path);
        await fs.syncFolder(path);
      },
      open: async (path, mode) => {
        const file = await fs.open(path, mode);
        return {
          ...file,
          sync: async () => {
            note('sync', path);
            await file.sync();
          },
        };
      },
      rename: async (from, to) => {
        note('rename', to);
        await fs.rename(from, to);
      },
    },
  };
  await add(1, 'r1', recording);
  const order = [
    'sync draft',
    'rename stock/moves/2024-01/1-0.parquet',
    'sync stock/moves/2024-01',
    'sync stock/moves',
    'sync stock',
    'sync ',
    // The first commit's pointer to nothing.
    'sync ',
    'sync manifests/1.json',
    'sync manifests',
    'rename current',
    'sync ',
  ];
  expect(calls.filter((call) => order.includes(call))).toEqual(order);
});

it('a commit is refused when another one came between', async () => {
  await add(1);
  const base = await lake.open();
  const late = await openDraft(
    lake.lakeFolder,
    { run: 2, base, engine: lake.engine },
    lake.effects,
  );
  await late.append(moves, movesOf(oneRow('late')));
  await add(3);
  const facts = {
    asOf: null,
    kind: 'data',
    complete: true,
    committedAt: '2025-01-01T00:00:00.000Z',
  } as const;
  await expect(late.commit(facts)).rejects.toMatchObject({ code: 'lake.moved-on' });
  await late[Symbol.asyncDispose]();
  expect(await ids()).toEqual(['r1', 'r3']);
});

it('an empty lake is undefined', async () => {
  expect(await readSnapshot(lake.lakeFolder, {}, lake.effects)).toBeUndefined();
});

const damages: readonly (readonly [string, () => void])[] = [
  ['is empty', () => writeFileSync(join(lake.lakeFolder, 'current'), '')],
  ['is garbage', () => writeFileSync(join(lake.lakeFolder, 'current'), '../x')],
  ['names a missing manifest', () => writeFileSync(join(lake.lakeFolder, 'current'), '5\n')],
  ['is missing', () => rmSync(join(lake.lakeFolder, 'current'))],
];
for (const [what, damage] of damages) {
  it(`when current ${what}, the newest manifest that verifies is used, with a warning`, async () => {
    await add(1);
    await add(2);
    damage();
    const snapshot = await lake.open();
    expect(snapshot.manifest.run).toBe(2);
    expect(snapshot.warnings.map((w) => w.code)).toEqual(['lake.current-damaged']);
    await add(9);
    expect((await lake.open()).warnings).toEqual([]);
    expect(await ids()).toEqual(['r1', 'r2', 'r9']);
  });
}

it('one altered byte in the newest manifest falls back to the one before', async () => {
  await add(1);
  await add(2);
  spoil(join(lake.lakeFolder, 'manifests/2.json'), 'flip');
  const snapshot = await lake.open();
  expect(snapshot.manifest.run).toBe(1);
  expect(snapshot.warnings[0]?.text).toContain('snapshot 2 is missing or damaged');
});

it('a cut or missing part is an error at open that names it and the last good snapshot', async () => {
  await add(1);
  await add(2);
  const part = join(lake.lakeFolder, 'stock/moves/2024-01/2-0.parquet');
  spoil(part, 'cut');
  const refused = () => expect(lake.open()).rejects;
  await refused().toMatchObject({
    code: 'lake.part-cut',
    kind: 'technical',
    facts: { part: 'stock/moves/2024-01/2-0.parquet', run: 2 },
    hint: expect.stringContaining('query --at 1'),
  });
  rmSync(part);
  await refused().toMatchObject({ facts: { foundBytes: null } });
  expect(await lake.lines('stock.moves', await lake.open(1))).toHaveLength(1);
});

it('a newer format is an error that says what to install', async () => {
  await add(1);
  mkdirSync(join(lake.lakeFolder, 'manifests'), { recursive: true });
  writeFileSync(join(lake.lakeFolder, 'manifests/2.json'), '{"format":2,"whatever":true}');
  writeFileSync(join(lake.lakeFolder, 'current'), '2\n');
  await expect(lake.open()).rejects.toMatchObject({
    code: 'lake.newer-format',
    hint: expect.stringMatching(/npm install .* snapshot is 1/),
  });
});

it('a snapshot that is not kept is refused with those that are', async () => {
  await add(1);
  await add(3);
  expect((await lake.open(1)).manifest.run).toBe(1);
  await expect(lake.open(2)).rejects.toMatchObject({
    code: 'lake.unknown-snapshot',
    message: 'There is no snapshot 2. Kept: 1, 3.',
  });
  const summaries = await listSnapshots(lake.lakeFolder, lake.effects);
  expect(summaries.map((s) => [s.run, s.parent])).toEqual([
    [3, 1],
    [1, null],
  ]);
});

it('a manifest with an unknown member, a path out of the lake or a wrong hash is damaged', async () => {
  const manifest = await add(1);
  const text = formatManifest(manifest);
  expect(parseManifest(text)).toEqual({ kind: 'ok', manifest });
  expect(parseManifest(text.replace('"rows":1', '"rows":2')).kind).toBe('damaged');
  expect(parseManifest(text.slice(0, -30)).kind).toBe('damaged');
  const odd = formatManifest({ ...manifest, ...{ more: 1 } });
  expect(parseManifest(odd)).toEqual({ kind: 'damaged', reason: expect.any(String) });
  const entry = manifest.relations['stock.moves'];
  if (entry?.kind !== 'parts') throw new Error('no parts');
  const out = entry.parts.map((part) => ({ ...part, path: '../../../etc/1-0.parquet' }));
  const escaping = formatManifest({
    ...manifest,
    relations: { 'stock.moves': { ...entry, parts: out } },
  });
  expect(parseManifest(escaping).kind).toBe('damaged');
  expect(readFileSync(join(lake.lakeFolder, 'manifests/1.json'), 'utf8')).toBe(text);
});
