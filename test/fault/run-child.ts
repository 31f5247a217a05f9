import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { childPath } from './fault-build.ts';
import { type FaultPlan, noPlan } from './fault-plan.ts';

export type ChildResult = {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly milliseconds: number;
  /** Largest resident memory that was seen. */
  readonly peakMb: number;
};

export type ChildOptions = {
  readonly plan?: FaultPlan;
  readonly env?: Readonly<Record<string, string>>;
  /** Flags of Node itself. */
  readonly nodeArgs?: readonly string[];
  /** Sends SIGKILL (or another signal) after so many milliseconds. */
  readonly killAfter?: number;
  readonly killWith?: 'SIGKILL' | 'SIGINT' | 'SIGTERM';
  readonly uid?: number;
  /** Called with every piece of stderr. */
  readonly onTalk?: (text: string) => void;
  /** Goes before Node on the command line, such as a shell that sets a limit. */
  readonly wrapper?: readonly string[];
  /** Milliseconds after which the child counts as hung; four minutes unless told. */
  readonly longestMs?: number;
};

/** The moment at which every child's clock stands unless a test says otherwise. */
export const fixedNow = '2025-03-10T08:00:00.000Z';

/** A wait longer than this is a failure by itself. */
const usualLongestMs = 240_000;

/** The kernel's own mark of the most memory that a process had, in MB; 0 once it is gone. */
const peakOf = (pid: number | undefined): number => {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
  } catch {
    return 0;
  }
};

/** Runs the program as a process of its own in a project folder. A child that hangs is killed and told. */
export const runChild = (
  projectFolder: string,
  args: readonly string[],
  options: ChildOptions = {},
): Promise<ChildResult> => {
  const started = Date.now();
  const nodeCommand = [
    process.execPath,
    ...(options.nodeArgs ?? []),
    childPath(),
    ...args,
    '--project-dir',
    projectFolder,
  ];
  const [command = process.execPath, ...rest] = [...(options.wrapper ?? []), ...nodeCommand];
  const child = spawn(command, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      TZ: 'UTC',
      FAULT_NOW: fixedNow,
      FAULT_PLAN: JSON.stringify(options.plan ?? noPlan),
      ...options.env,
    },
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    options.onTalk?.(text);
  });
  const end = (signal: NodeJS.Signals) => (): void => {
    child.kill(signal);
  };
  let peakMb = 0;
  const watch = setInterval(() => {
    peakMb = Math.max(peakMb, peakOf(child.pid));
  }, 100);
  const timers = [setTimeout(end('SIGKILL'), options.longestMs ?? usualLongestMs)];
  if (options.killAfter !== undefined) {
    timers.push(setTimeout(end(options.killWith ?? 'SIGKILL'), options.killAfter));
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      for (const timer of timers) clearTimeout(timer);
      clearInterval(watch);
      resolve({ code, signal, stdout, stderr, milliseconds: Date.now() - started, peakMb });
    });
  });
};
