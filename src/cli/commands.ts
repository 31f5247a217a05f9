import type { Command } from './command.ts';

const memoryLimit = {
  flags: '--memory-limit <size>',
  description: 'memory of the engine, such as 1GB (default: 60 % of the machine, at most 2.5 GB)',
} as const;

/** Every command, in the order of `--help`. Its code is loaded when it is called. */
export const commands: readonly Command[] = [
  {
    name: 'init',
    summary: 'make schoolhouse.yaml and data/raw, and tell how the files there fit',
    args: [{ name: '[folder]', description: 'project folder (default: this one)' }],
    options: [],
    examples: ['schoolhouse init my-school'],
    load: () => import('./commands/init.ts'),
  },
  {
    name: 'demo',
    summary: 'make a school year with planted bad rows, run it and show what came out',
    args: [{ name: '[folder]', description: 'folder to make (default: schoolhouse-demo)' }],
    options: [
      { flags: '--seed <number>', description: 'another school for each number (default: 1)' },
    ],
    examples: ['schoolhouse demo', 'schoolhouse demo /tmp/school --seed 7'],
    load: () => import('./commands/demo.ts'),
  },
  {
    name: 'generate',
    summary: 'write a school that never was into data/raw, with counted bad rows',
    args: [{ name: '[folder]', description: 'project folder (default: this one)' }],
    options: [
      { flags: '--students <number>', description: 'students (default: 1800)' },
      { flags: '--classes <number>', description: 'classes (default: one for every 30 students)' },
      { flags: '--days <number>', description: 'school days (default: 171)' },
      {
        flags: '--assessments <number>',
        description: 'assessments (default: about 33 for a student and a year)',
      },
      {
        flags: '--defects <number>',
        description: 'rows to be refused (default: 300, at most 1 in 100)',
      },
      { flags: '--seed <number>', description: 'another school for each number (default: 1)' },
      { flags: '--daily', description: 'one attendance file for each school day' },
    ],
    examples: ['schoolhouse generate my-school --students 300 --days 25 --daily'],
    load: () => import('./commands/generate.ts'),
  },
  {
    name: 'check',
    summary: 'compile the project, ask every check of the data, verify every part',
    args: [],
    options: [{ flags: '--compile', description: 'stop when contracts and models compile' }],
    examples: ['schoolhouse check', 'schoolhouse check --compile'],
    load: () => import('./commands/check.ts'),
  },
  {
    name: 'plan',
    summary: 'say what a run would do, and change nothing',
    args: [],
    options: [{ flags: '--read', description: 'read the files, too: balance and reasons of each' }],
    examples: ['schoolhouse plan', 'schoolhouse plan --read'],
    load: () => import('./commands/plan.ts'),
  },
  {
    name: 'run',
    summary: 'take in new files and bring every table up to date',
    args: [],
    options: [
      { flags: '--only <feeds>', description: 'take in these feeds only, separated by commas' },
      { flags: '--until <layer>', description: 'stop after bronze, silver or gold' },
      { flags: '--full-refresh', description: 'build everything anew from the archive' },
      { flags: '--batch-date <date>', description: 'batch date of files whose names have none' },
      { flags: '--as-of <date>', description: 'the date that rates and flags are told for' },
      { flags: '--wait <seconds>', description: 'wait for another run instead of exit 4' },
      memoryLimit,
    ],
    examples: ['schoolhouse run', 'schoolhouse run --json | jq .totals'],
    load: () => import('./commands/run.ts'),
  },
  {
    name: 'status',
    summary: 'tell how the last run went, and per feed what came and what waits',
    args: [],
    options: [],
    examples: ['schoolhouse status'],
    load: () => import('./commands/status.ts'),
  },
  {
    name: 'query',
    summary: 'ask the warehouse one SELECT; without one, list what it holds',
    args: [{ name: '[sql]', description: 'one SELECT or EXPLAIN' }],
    options: [
      { flags: '--csv', description: 'print CSV, every row; a table shows the first 1,000' },
      { flags: '--at <run>', description: 'ask the snapshot of an earlier run' },
      { flags: '--values', description: "show quarantine's raw text; noted in data/access.jsonl" },
      memoryLimit,
    ],
    examples: [
      `schoolhouse query "select * from class_daily_performance where class_id = 'CLASS-01' order by date"`,
    ],
    load: () => import('./commands/query.ts'),
  },
  {
    name: 'quarantine',
    summary: 'list refused rows, show one, read them again (replay), give one up (discard)',
    args: [
      { name: '[action]', description: 'list (default), show, replay or discard' },
      { name: '[place]', description: 'show and discard: FILE:LINE' },
    ],
    options: [
      { flags: '--run <number>', description: 'rows that this run refused' },
      { flags: '--feed <feed>', description: 'rows of this feed' },
      { flags: '--reason <code>', description: 'rows with this reason' },
      { flags: '--file <path>', description: 'rows of this file, or of all whose path ends so' },
      { flags: '--state <state>', description: 'list: open (default), resolved, discarded or all' },
      { flags: '--all', description: 'list: every line, not the first 20' },
      { flags: '--values', description: 'show: print the text, noted in data/access.jsonl' },
      { flags: '--because <text>', description: 'discard: why' },
      {
        flags: '--wait <seconds>',
        description: 'replay, discard: wait for another run instead of exit 4',
      },
    ],
    examples: [
      'schoolhouse quarantine list --run 42',
      'schoolhouse quarantine show attendance.csv:402',
      'schoolhouse quarantine replay --reason status_unknown',
      'schoolhouse quarantine discard assessments.json:77 --because "test row"',
    ],
    load: () => import('./commands/quarantine.ts'),
  },
  {
    name: 'explain',
    summary: 'tell what a table or column is, how it is made and what decides it',
    args: [{ name: '<name>', description: 'relation or relation.column, with or without schema' }],
    options: [],
    examples: ['schoolhouse explain class_daily_performance.attendance_rate'],
    load: () => import('./commands/explain.ts'),
  },
  {
    name: 'doctor',
    summary: 'look at machine, settings and lake, down to the bytes of every part',
    args: [],
    options: [],
    examples: ['schoolhouse doctor', 'schoolhouse doctor --json | jq .findings'],
    load: () => import('./commands/doctor.ts'),
  },
];
