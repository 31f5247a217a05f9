import { vi } from 'vitest';
import { main } from '../../src/cli/main.ts';
import type { SchoolProject } from './school-project.ts';

export type Typed = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** What a command prints and how it exits, in this process. */
export const typeCommand = async (
  project: SchoolProject,
  ...args: readonly string[]
): Promise<Typed> => {
  const said = { stdout: '', stderr: '' };
  const listen = (stream: 'stdout' | 'stderr') =>
    vi.spyOn(process[stream], 'write').mockImplementation((chunk, ...rest: unknown[]) => {
      said[stream] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('latin1');
      const done = rest.find((one): one is () => void => typeof one === 'function');
      done?.();
      return true;
    });
  const spies = [listen('stdout'), listen('stderr')];
  const before = process.exitCode;
  try {
    await main(['node', 'schoolhouse', '--project-dir', project.folder, ...args], project.effects);
    return { code: Number(process.exitCode ?? 0), ...said };
  } finally {
    for (const spy of spies) spy.mockRestore();
    process.exitCode = before;
    process.removeAllListeners('SIGINT');
    process.removeAllListeners('SIGTERM');
  }
};
