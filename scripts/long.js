// npm run test:long: every suite that is too slow for `npm run check`, in pieces of some minutes. What is done is noted in
// node_modules/.cache/long.json, so that it can be ended at any time and goes on with the next piece when it is called again.
//   --list         the suites, their pieces, and how far they are
//   --only NAME    this suite alone (several: separated by commas)
//   --minutes N    start no piece after N minutes
//   --sample       the selection for a build server: one short piece a suite, nothing noted
//   --fresh        forget what was done
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { prepare } from './prepare.js';

const pieceMinutes = 9;

/** A suite: its vitest project, file, the tests in it (a part of their names), and into how many pieces it is cut. */
const fault = (name, file, pieces, { test, sample = true } = {}) => ({
  name,
  project: 'fault',
  file: `test/fault/${file}.test.ts`,
  pieces,
  test,
  sample,
  env: (index) => ({ FAULT_SLICE: `${index}/${pieces}` }),
  sampleEnv: { FAULT_SAMPLE: '1' },
});

const histories = 1000;
const historyPieces = 25;

const suites = [
  fault('kill-points', 'kill', 2, { test: 'named point|is told|tell of' }),
  fault('kill-calls', 'kill', 24, { test: 'any call' }),
  fault('torn-writes', 'kill', 3, { test: 'middle of a write' }),
  fault('random-kill', 'random-kill', 6),
  // Three kills a piece: ten million rows are run twice for each, and once before.
  fault('large-kill', 'large-kill', 10, { sample: false }),
  fault('power-cut', 'power-cut', 16),
  fault('damage', 'damage', 1),
  fault('signals', 'signals', 6),
  fault('two-runs', 'two-runs', 3),
  fault('readers', 'readers', 1),
  fault('locks', 'locks', 1),
  fault('clock', 'clock', 1),
  fault('disk-no-room', 'disk-full', 16, { test: 'no room' }),
  fault('disk-errors', 'disk-full', 24, { test: 'device reports|no right from' }),
  fault('disk-real', 'disk-full', 3, { test: 'real disk' }),
  fault('disk-limits', 'disk-full', 1, { test: 'ulimit|without the right' }),
  fault('memory', 'memory', 1, { test: 'row 17' }),
  fault('memory-limit', 'memory', 1, { test: 'row 16.*64k' }),
  fault('memory-quota', 'memory', 1, { test: 'row 16.*100m', sample: false }),
  fault('large-inputs', 'large-inputs', 1),
  {
    name: 'orders',
    project: 'corpus',
    file: 'test/corpus/orders.test.ts',
    pieces: 2,
    sample: false,
    env: (index) => ({ FAULT_SLICE: `${index}/2` }),
  },
  {
    name: 'histories',
    project: 'property',
    pieces: historyPieces,
    sample: true,
    env: (index) => ({
      HISTORIES: String(histories / historyPieces),
      SEED: String(1 + (index * histories) / historyPieces),
    }),
    sampleEnv: { HISTORIES: '40', SEED: String(1 + (Date.now() % 1_000_000)) },
  },
];

const root = prepare();
const cache = join(root, 'node_modules', '.cache');
const statePath = join(cache, 'long.json');
const logs = join(cache, 'long-logs');

const flags = process.argv.slice(2);
const known = ['--list', '--only', '--minutes', '--sample', '--fresh'];
const strange = flags.find((flag) => flag.startsWith('-') && !known.includes(flag));
if (strange !== undefined) {
  process.stderr.write(`${strange} is no option; there are ${known.join(', ')}\n`);
  process.exit(2);
}
const has = (flag) => flags.includes(flag);
const optionOf = (flag) => (has(flag) ? flags[flags.indexOf(flag) + 1] : undefined);
const say = (text) => process.stdout.write(`${text}\n`);

const filesOf = (folder) =>
  existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true, recursive: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
    : [];

/** What is tested: results of other sources count for nothing. */
const stamp = () => {
  const hash = createHash('sha256');
  const folders = [
    'src',
    'models',
    'contracts',
    'test/fault',
    'test/corpus',
    'test/property',
    'test/kit',
  ];
  const files = [
    join(root, 'package-lock.json'),
    ...folders.flatMap((folder) => filesOf(join(root, folder))),
  ];
  for (const path of files.sort()) hash.update(path.slice(root.length)).update(readFileSync(path));
  return hash.digest('hex').slice(0, 16);
};

const readState = () => {
  const empty = { stamp: stamp(), pieces: {} };
  if (has('--fresh') || !existsSync(statePath)) return empty;
  const state = JSON.parse(readFileSync(statePath, 'utf8'));
  if (state.stamp === empty.stamp) return state;
  if (Object.keys(state.pieces).length > 0)
    say('the sources have changed: everything is tested again');
  return empty;
};

const writeState = (state) => {
  mkdirSync(cache, { recursive: true });
  writeFileSync(statePath, `${JSON.stringify(state, undefined, 1)}\n`);
};

const wanted = () => {
  const only = optionOf('--only')?.split(',');
  const unknown = only?.filter((name) => !suites.some((suite) => suite.name === name)) ?? [];
  if (unknown.length > 0) {
    process.stderr.write(`no suite is called ${unknown.join(', ')}; --list tells their names\n`);
    process.exit(2);
  }
  return suites.filter((suite) => only === undefined || only.includes(suite.name));
};

const piecesOf = (suite) =>
  Array.from({ length: suite.pieces }, (_, index) => ({
    id: `${suite.name} ${index + 1}/${suite.pieces}`,
    suite,
    index,
  }));

/** Runs one piece; its output goes to a log, its figures come back. */
const runPiece = ({ id, suite, env }) => {
  mkdirSync(logs, { recursive: true });
  const log = join(logs, `${id.replaceAll(/[^a-z0-9]+/gi, '-')}.log`);
  const report = `${log}.figures`;
  rmSync(report, { force: true });
  const args = ['run', '--project', suite.project];
  if (suite.file !== undefined) args.push(suite.file);
  if (suite.test !== undefined) args.push('-t', suite.test);
  const started = Date.now();
  const { status, signal, error, stdout, stderr } = spawnSync(
    join(root, 'node_modules', '.bin', 'vitest'),
    args,
    {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
      timeout: pieceMinutes * 60_000,
      env: { ...process.env, ...env, FAULT_REPORT: report, NO_COLOR: '1' },
    },
  );
  writeFileSync(log, `${stdout}\n${stderr}`);
  const seconds = Math.round((Date.now() - started) / 1000);
  const figures = existsSync(report)
    ? readFileSync(report, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
    : [];
  const isOk = status === 0;
  const isLate = error?.code === 'ETIMEDOUT';
  const why = isLate ? `over ${pieceMinutes} minutes` : (signal ?? `exit ${status}`);
  const seed = env.SEED === undefined ? '' : `  SEED=${env.SEED} HISTORIES=${env.HISTORIES}`;
  say(
    `${isOk ? 'ok    ' : 'FAILED'} ${id}  ${seconds} s${seed}${isOk ? '' : `  (${why}; ${log})`}`,
  );
  return { ok: isOk, seconds, figures, at: new Date().toISOString() };
};

/** Largest for what is a maximum, the sum for what was counted, the first for a word. */
const mergeFigures = (all) => {
  const merged = {};
  for (const figures of all) {
    for (const [key, value] of Object.entries(figures)) {
      if (key === 'suite' || key === 'seed') continue;
      const before = merged[key];
      if (typeof value !== 'number' || before === undefined) merged[key] = before ?? value;
      else
        merged[key] = /Ms$|Mb$|^p\d|seconds/.test(key) ? Math.max(before, value) : before + value;
    }
  }
  return merged;
};

const summarise = (results) => {
  const bySuite = new Map();
  for (const { figures } of results) {
    for (const one of figures) bySuite.set(one.suite, [...(bySuite.get(one.suite) ?? []), one]);
  }
  for (const [suite, all] of bySuite) {
    const words = Object.entries(mergeFigures(all)).map(([key, value]) => `${key} ${value}`);
    say(`  ${suite}: ${words.join(', ')}`);
  }
};

const commitOf = () => {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return 'no commit';
  }
};

const describeMachine = () =>
  `${new Date().toISOString().slice(0, 10)}, commit ${commitOf()}, Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? 'CPU'}, ${Math.round(totalmem() / 2 ** 30)} GiB`;

const list = (state) => {
  for (const suite of wanted()) {
    const pieces = piecesOf(suite);
    const done = pieces.filter(({ id }) => state.pieces[id]?.ok === true).length;
    const failed = pieces.filter(({ id }) => state.pieces[id]?.ok === false).length;
    say(
      `${suite.name.padEnd(14)} ${done}/${pieces.length} pieces done${failed > 0 ? `, ${failed} failed` : ''}`,
    );
  }
};

const sample = () => {
  const results = wanted()
    .filter((suite) => suite.sample)
    .map((suite) => runPiece({ id: `${suite.name} sample`, suite, env: suite.sampleEnv }));
  say(`\nsample of the long suites, ${describeMachine()}`);
  summarise(results);
  return results.every((result) => result.ok) ? 0 : 1;
};

const runAll = () => {
  const state = readState();
  const until = Date.now() + Number(optionOf('--minutes') ?? Number.POSITIVE_INFINITY) * 60_000;
  const pieces = wanted().flatMap(piecesOf);
  for (const { id, suite, index } of pieces) {
    if (state.pieces[id]?.ok === true) continue;
    if (Date.now() >= until) break;
    state.pieces[id] = runPiece({ id, suite, env: suite.env(index) });
    writeState(state);
  }
  const done = pieces.filter(({ id }) => state.pieces[id] !== undefined);
  const failed = done.filter(({ id }) => !state.pieces[id].ok);
  say(
    `\nlong suites, ${describeMachine()}: ${done.length} of ${pieces.length} pieces, ${failed.length} failed`,
  );
  summarise(done.map(({ id }) => state.pieces[id]));
  if (failed.length > 0) return 1;
  if (done.length === pieces.length) return 0;
  say('call it again to go on');
  return 75;
};

// 0: everything is done and well; 1: something failed; 75: well so far, and not done.
if (has('--list')) list(readState());
else process.exitCode = has('--sample') ? sample() : runAll();
