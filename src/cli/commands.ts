import type { Command } from './command.ts';

const memoryLimit = {
  flags: '--memory-limit <size>',
  description: 'memory of the engine, such as 1GB (default: 60 % of the machine, at most 2.5 GB)',
} as const;

/** Every command, in the order of `--help`. Its code is loaded when it is called. */
export const commands: readonly Command[] = [
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
    name: 'query',
    summary: 'ask the warehouse one SELECT; without one, list what it holds',
    args: [{ name: '[sql]', description: 'one SELECT or EXPLAIN' }],
    options: [
      { flags: '--csv', description: 'print CSV' },
      { flags: '--at <run>', description: 'ask the snapshot of an earlier run' },
      { flags: '--values', description: "show quarantine's raw text; noted in data/access.jsonl" },
      memoryLimit,
    ],
    examples: [
      `schoolhouse query "select * from class_daily_performance where class_id = 'CLASS-01' order by date"`,
    ],
    load: () => import('./commands/query.ts'),
  },
];
