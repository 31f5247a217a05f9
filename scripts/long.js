// npm run test:long: every suite that is too slow for `npm run check`, in pieces of some minutes. What is done is noted in
// .cache/long.json, so that it can be ended at any time and goes on with the next piece when it is called again.
//   --list         the suites, their pieces, and how far they are
//   --only NAME    this suite alone (several: separated by commas)
//   --minutes N    start no piece after N minutes
//   --workers N    pieces side by side (1; those that fill the machine run alone)
//   --sample       the selection for a build server: one short piece a suite, nothing noted
//   --fresh        forget what was done
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { prepare } from './prepare.js';

const pieceMinutes = 9;

/** A suite: its vitest project, file, the tests in it (a part of their names), and into how many pieces it is cut. */
const fault = (name, file, pieces, { test, sample = true, alone = false } = {}) => ({
  name,
  project: 'fault',
  file: `test/fault/${file}.test.ts`,
  pieces,
  test,
  sample,
  alone,
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
  fault('large-kill', 'large-kill', 10, { sample: false, alone: true }),
  fault('power-cut', 'power-cut', 16),
  fault('damage', 'damage', 1),
  fault('signals', 'signals', 6),
  fault('two-runs', 'two-runs', 3),
  fault('readers', 'readers', 1, { alone: true }),
  fault('locks', 'locks', 1),
  fault('clock', 'clock', 1),
  fault('disk-no-room', 'disk-full', 16, { test: 'no room' }),
  fault('disk-errors', 'disk-full', 24, { test: 'device reports|no right from' }),
  fault('disk-real', 'disk-full', 3, { test: 'real disk' }),
  fault('disk-limits', 'disk-full', 1, { test: 'ulimit|without the right' }),
  fault('memory', 'memory', 1, { test: 'row 17', alone: true }),
  fault('memory-limit', 'memory', 1, { test: 'row 16.*64k', alone: true }),
  fault('memory-quota', 'memory', 1, { test: 'row 16.*100m', sample: false, alone: true }),
  fault('large-inputs', 'large-inputs', 1, { alone: true }),
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
// Beside node_modules, which every `npm ci` empties.
const cache = join(root, '.cache');
const statePath = join(cache, 'long.json');
const logs = join(cache, 'long-logs');

const flags = process.argv.slice(2);
const known = ['--list', '--only', '--minutes', '--workers', '--sample', '--fresh'];
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
    join(root, 'scripts', 'bundle.js'),
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
const runPiece = async ({ id, suite, env }) => {
  mkdirSync(logs, { recursive: true });
  const log = join(logs, `${id.replaceAll(/[^a-z0-9]+/gi, '-')}.log`);
  const report = `${log}.figures`;
  rmSync(report, { force: true });
  const args = ['run', '--project', suite.project];
  if (suite.file !== undefined) args.push(suite.file);
  if (suite.test !== undefined) args.push('-t', suite.test);
  const started = Date.now();
  const vitest = join(root, 'node_modules', '.bin', 'vitest');
  const how = {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    timeout: pieceMinutes * 60_000,
    env: { ...process.env, ...env, FAULT_REPORT: report, NO_COLOR: '1' },
  };
  const { error, stdout, stderr } = await new Promise((resolve) =>
    execFile(vitest, args, how, (failure, out, err) =>
      resolve({ error: failure, stdout: out, stderr: err }),
    ),
  );
  writeFileSync(log, `${stdout}\n${stderr}`);
  const seconds = Math.round((Date.now() - started) / 1000);
  const figures = existsSync(report)
    ? readFileSync(report, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
    : [];
  const isOk = error === null;
  const isLate = error?.killed === true;
  const why = isLate ? `over ${pieceMinutes} minutes` : (error?.signal ?? `exit ${error?.code}`);
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

const sample = async () => {
  const results = [];
  for (const suite of wanted().filter((one) => one.sample))
    results.push(await runPiece({ id: `${suite.name} sample`, suite, env: suite.sampleEnv }));
  say(`\nsample of the long suites, ${describeMachine()}`);
  summarise(results);
  return results.every((result) => result.ok) ? 0 : 1;
};

const runAll = async () => {
  const state = readState();
  const until = Date.now() + Number(optionOf('--minutes') ?? Number.POSITIVE_INFINITY) * 60_000;
  const pieces = wanted().flatMap(piecesOf);
  /** Takes pieces from the queue until it is empty, or the time is over. */
  const work = async (queue) => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      if (Date.now() >= until) return;
      const { id, suite, index } = next;
      state.pieces[id] = await runPiece({ id, suite, env: suite.env(index) });
      writeState(state);
    }
  };
  const open = pieces.filter(({ id }) => state.pieces[id]?.ok !== true);
  const shared = open.filter(({ suite }) => !suite.alone);
  const workers = Number(optionOf('--workers') ?? 1);
  await Promise.all(Array.from({ length: workers }, () => work(shared)));
  await work(open.filter(({ suite }) => suite.alone));
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
else process.exitCode = await (has('--sample') ? sample() : runAll());
