// npm run bench [-- --assert] [-- --only small,start,large,next-day,nothing]
// Cold processes, alternating with the hand-written reference (bench/reference.js), three times; prints
// ratios of medians, the machine, and the share of each step. --assert exits 1 past a target.
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const program = join(root, 'bin', 'schoolhouse.js');
const work = join(root, '.cache', 'bench');
const flags = process.argv.slice(2);
const asserts = flags.includes('--assert');
const only = flags.includes('--only') ? flags[flags.indexOf('--only') + 1].split(',') : undefined;
const rounds = 3;
const results = [];

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Tells the peak memory of a process on its last line of stderr; preloaded, so nothing else is measured. */
const watcher =
  'data:text/javascript,process.on("exit",()=>process.stderr.write("\\n"+process.resourceUsage().maxRSS))';

/** Runs node as a cold process: seconds, peak memory in MB (where watched) and what it printed. */
const node = (args, { watched = false } = {}) => {
  const started = process.hrtime.bigint();
  const done = spawnSync(process.execPath, [...(watched ? ['--import', watcher] : []), ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  if (done.status !== 0)
    throw new Error(`${args.join(' ')}: exit ${done.status}\n${done.stderr.slice(-2000)}`);
  const memory = watched ? Number(done.stderr.trim().split('\n').at(-1)) / 1024 : 0;
  return { seconds, memory, stdout: done.stdout };
};

const judge = (name, value, target, unit) => {
  const isMet = value <= target;
  results.push(isMet);
  process.stdout.write(
    `${isMet ? 'met   ' : 'MISSED'} ${name}: ${value.toFixed(2)}${unit} (target ${target}${unit})\n`,
  );
};

const project = (name, generate) => {
  const folder = join(work, name);
  if (existsSync(join(folder, 'data', 'raw', 'students.csv'))) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const options = Object.entries(generate).flatMap(([key, value]) => [`--${key}`, String(value)]);
  node([program, 'generate', folder, ...options]);
  return folder;
};

const clean = (folder) => {
  for (const name of [
    'lake',
    'archive',
    'tmp',
    'seen.json',
    'run.json',
    'warehouse.duckdb',
    'warehouse.json',
  ])
    rmSync(join(folder, 'data', name), { recursive: true, force: true });
};

const firstLoad = (name, folder, target) => {
  const ours = [];
  const theirs = [];
  let memory = 0;
  for (let round = 0; round < rounds; round += 1) {
    clean(folder);
    const run = node([program, 'run', '--project-dir', folder, '--json'], { watched: true });
    ours.push(run.seconds);
    memory = Math.max(memory, run.memory);
    const out = join(work, 'reference.duckdb');
    rmSync(out, { force: true });
    theirs.push(
      node([join(root, 'bench', 'reference.js'), join(folder, 'data', 'raw'), out]).seconds,
    );
    rmSync(out, { force: true });
  }
  process.stdout.write(
    `\n${name}: ours ${ours.map((s) => s.toFixed(2)).join(' ')} s, reference ${theirs.map((s) => s.toFixed(2)).join(' ')} s, peak ${memory.toFixed(0)} MB\n`,
  );
  const steps = JSON.parse(
    node([
      program,
      'query',
      '--project-dir',
      folder,
      '--json',
      'select step, seconds from meta.run_step order by seconds desc',
    ]).stdout,
  );
  const all = steps.reduce((sum, { seconds }) => sum + Number(seconds), 0);
  process.stdout.write(
    `  ${steps.map(({ step, seconds }) => `${step} ${Math.round((100 * Number(seconds)) / all)} %`).join(', ')}\n`,
  );
  judge(`${name}, ratio to the reference`, median(ours) / median(theirs), target, '×');
  return { memory };
};

const wants = (name) => only === undefined || only.includes(name);
const [cpu] = cpus();
process.stdout.write(
  `${cpus().length} × ${cpu?.model ?? 'unknown'}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}\n`,
);
mkdirSync(work, { recursive: true });

if (wants('start')) {
  const timesOf = (flag) =>
    median(Array.from({ length: 7 }, () => node([program, flag]).seconds * 1000));
  judge('--version', timesOf('--version'), 100, ' ms');
  judge('--help', timesOf('--help'), 150, ' ms');
}
if (wants('small')) {
  const folder = project('small', {
    students: 12000,
    classes: 400,
    days: 25,
    assessments: 60000,
    defects: 0,
  });
  firstLoad('300,000 attendance, 60,000 assessments', folder, 3);
}
const nextDay = (name, folder, days) => {
  const raw = join(folder, 'data', 'raw');
  const times = [];
  for (let round = 0; round < rounds; round += 1) {
    const made = join(raw, `attendance_next_${round}.csv`);
    if (!existsSync(made)) writeFileSync(made, nextDayFile(raw, { days, round }));
    times.push(node([program, 'run', '--project-dir', folder, '--json']).seconds);
    rmSync(made);
  }
  process.stdout.write(`\n${name}: ${times.map((s) => s.toFixed(2)).join(' ')} s\n`);
  return median(times);
};

/** The last day that the generated attendance tells of: its lines are in order. */
const lastDay = (raw) => {
  const path = join(raw, 'attendance.csv');
  const file = openSync(path, 'r');
  const tail = Buffer.alloc(4096);
  const size = readSync(file, tail, 0, tail.length, Math.max(0, statSync(path).size - tail.length));
  closeSync(file);
  return tail.subarray(0, size).toString().trim().split('\n').at(-1).split(',')[2];
};

/** The nth day after a date that is no weekend. */
const schoolDayAfter = (date, nth) => {
  const day = new Date(`${date}T00:00:00Z`);
  for (let left = nth; left > 0; ) {
    day.setUTCDate(day.getUTCDate() + 1);
    if (day.getUTCDay() % 6 !== 0) left -= 1;
  }
  return day.toISOString().slice(0, 10);
};

/** 11,700 marks of the next school day, and 300 corrections of the first month. */
const nextDayFile = (raw, { days, round }) => {
  const head = readFileSync(join(raw, 'students.csv'), 'utf8').split('\n').slice(1, 11_701);
  const day = schoolDayAfter(lastDay(raw), round + 1);
  const lines = head.map(
    (line, index) =>
      `NEXT-${days}-${round}-${index},${line.split(',')[0]},${day},PRESENT,${day}T08:00:00`,
  );
  for (let index = 0; index < 300; index += 1) {
    const id = `ATT-${String(1 + index * 7 + round * 3000).padStart(8, '0')}`;
    lines.push(`${id},${head[index].split(',')[0]},2024-09-02,ABSENT,${day}T09:00:00`);
  }
  return `attendance_id,student_id,attendance_date,status,created_at\n${lines.join('\n')}\n`;
};

if (wants('large')) {
  const million = { classes: 1300, students: 40000, assessments: 60000, defects: 0 };
  const one = project('one', { ...million, days: 25 });
  const ten = project('ten', { ...million, days: 250 });
  const { memory } = firstLoad('10,000,000 attendance', ten, 1.6);
  judge('10,000,000 attendance, process memory', memory, 4096, ' MB');
  clean(one);
  node([program, 'run', '--project-dir', one, '--json']);
  const small = nextDay('next day into 1,000,000', one, 25);
  const large = nextDay('next day into 10,000,000', ten, 250);
  judge('next day into 10,000,000', large, 2, ' s');
  judge('next day, 10 million to 1 million', large / small, 2, '×');
  const nothing = median(
    Array.from({ length: 5 }, () => node([program, 'run', '--project-dir', ten, '--json']).seconds),
  );
  judge('nothing new at 10,000,000', nothing, 1, ' s');
  clean(ten);
  node([program, 'run', '--project-dir', ten, '--json', '--memory-limit', '1GB']);
  process.stdout.write('10,000,000 attendance completes with --memory-limit 1GB\n');
}
const missed = results.filter((isMet) => !isMet).length;
process.stdout.write(`\n${results.length - missed} met, ${missed} missed\n`);
process.exit(asserts && missed > 0 ? 1 : 0);
