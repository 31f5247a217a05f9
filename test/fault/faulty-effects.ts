import { closeSync, openSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { Effects, FileEffects, OpenFile } from '../../src/base/index.ts';
import type { CallNote, FaultPlan } from './fault-plan.ts';

/** Calls that change the disk; a full disk refuses only these. */
const writes: ReadonlySet<string> = new Set([
  'open.draft',
  'open.append',
  'file.write',
  'file.sync',
  'writeText',
  'rename',
  'link',
  'makeFolder',
  'syncFile',
  'syncFolder',
  'setMode',
  'touch',
]);

/** SIGKILL to oneself; never goes on. */
const die = (): Promise<never> => {
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => undefined);
};

const systemError = (code: string, { call, path }: CallNote): Error =>
  Object.assign(new Error(`${code}: injected into ${call}`), { code, path, syscall: call });

export type Faults = {
  /** Goes before a call; may end the process, or throw. */
  readonly before: (note: CallNote, torn?: () => Promise<void>) => Promise<void>;
  readonly point: (name: string) => Promise<void>;
  readonly calls: CallNote[];
};

const atPoint = async (plan: FaultPlan, name: string, nth: number): Promise<void> => {
  switch (plan.kind) {
    case 'kill-point':
      if (plan.name === name && plan.nth === nth) await die();
      return;
    case 'signal': {
      if (plan.name !== name || nth !== 1) return;
      process.stderr.write(`at ${name}\n`);
      for (const signal of plan.signals) {
        process.kill(process.pid, signal);
        await wait(50);
      }
      await wait(plan.holdMs);
      return;
    }
    case 'open-file':
      if (plan.name !== name || nth !== 1) return;
      closeSync(openSync(plan.path, 'r'));
      process.stderr.write(`at ${name}\n`);
      await wait(plan.holdMs);
      return;
    case 'hold':
      if (plan.name !== name || nth !== 1) return;
      process.stderr.write(`at ${name}\n`);
      await wait(plan.holdMs);
      return;
    case 'count':
    case 'kill':
    case 'error':
    case 'record':
      return;
    default:
      plan satisfies never;
  }
};

/** The faults of a plan, one counter for all calls and points of the process. */
export const planFaults = (plan: FaultPlan): Faults => {
  const calls: CallNote[] = [];
  const points = new Map<string, number>();
  let counted = 0;
  let broken = false;
  const before: Faults['before'] = async (note, torn) => {
    calls.push(note);
    if (plan.kind === 'kill') {
      counted += 1;
      if (counted !== plan.at) return;
      if (plan.torn === true && torn !== undefined) await torn();
      await die();
    }
    if (plan.kind === 'error') {
      if (plan.writesOnly && !writes.has(note.call)) return;
      counted += 1;
      if (counted !== plan.at && !(broken && plan.from)) return;
      broken = true;
      throw systemError(plan.code, note);
    }
  };
  return {
    calls,
    before,
    point: async (name) => {
      const nth = (points.get(name) ?? 0) + 1;
      points.set(name, nth);
      // A point cannot fail, only end: in error plans it is no call.
      if (plan.kind !== 'error') await before({ call: 'point', path: name });
      await atPoint(plan, name, nth);
    },
  };
};

const half = (chunk: Uint8Array | string): Uint8Array => {
  const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
  return bytes.subarray(0, Math.floor(bytes.length / 2));
};

const faultyFile = (file: OpenFile, path: string, { before }: Faults): OpenFile => ({
  read: async (buffer, position) => {
    await before({ call: 'file.read', path });
    return file.read(buffer, position);
  },
  write: async (chunk) => {
    await before({ call: 'file.write', path }, () => file.write(half(chunk)));
    await file.write(chunk);
  },
  sync: async () => {
    await before({ call: 'file.sync', path });
    await file.sync();
  },
  close: async () => {
    // Closes for real even when the call fails, as the kernel does.
    try {
      await before({ call: 'file.close', path });
    } finally {
      await file.close();
    }
  },
});

const faultyFiles = (fs: FileEffects, faults: Faults): FileEffects => {
  const { before } = faults;
  const guarded =
    <A extends readonly unknown[], T>(
      call: string,
      act: (path: string, ...rest: A) => Promise<T>,
    ) =>
    async (path: string, ...rest: A): Promise<T> => {
      await before({ call, path });
      return act(path, ...rest);
    };
  return {
    open: async (path, mode) => {
      await before({ call: `open.${mode}`, path });
      return faultyFile(await fs.open(path, mode), path, faults);
    },
    readText: guarded('readText', fs.readText),
    writeText: async (path, text, options) => {
      await before({ call: 'writeText', path }, () =>
        fs.writeText(path, half(text).toString(), options),
      );
      await fs.writeText(path, text, options);
    },
    list: guarded('list', fs.list),
    stat: guarded('stat', fs.stat),
    rename: guarded('rename', fs.rename),
    link: guarded('link', fs.link),
    unlink: guarded('unlink', fs.unlink),
    removeTree: guarded('removeTree', fs.removeTree),
    makeFolder: guarded('makeFolder', fs.makeFolder),
    syncFile: guarded('syncFile', fs.syncFile),
    syncFolder: guarded('syncFolder', fs.syncFolder),
    setMode: guarded('setMode', fs.setMode),
    touch: guarded('touch', fs.touch),
    freeBytes: guarded('freeBytes', fs.freeBytes),
  };
};

/** The real world, each call of which may fail or be the last as the plan says. */
export const faultyEffects = (effects: Effects, faults: Faults): Effects => ({
  ...effects,
  fs: faultyFiles(effects.fs, faults),
  point: faults.point,
});
