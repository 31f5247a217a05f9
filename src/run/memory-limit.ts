import { totalmem } from 'node:os';
import type { Effects } from '../base/index.ts';
import { readProjectConfig } from '../contract/index.ts';

/** 60 % of the memory of the machine, or of the container, at most 2.5 GB. */
const defaultMemoryBytes = (): number => {
  const constrained = process.constrainedMemory();
  const bytes = constrained > 0 ? Math.min(totalmem(), constrained) : totalmem();
  return Math.min(0.6 * bytes, 2.5e9);
};

/**
 * Bytes that the engine may use: what the flag asks, else `run.memory_limit`, else the default. A
 * configuration with problems counts as none; who opens the project tells them.
 */
export const memoryLimitOf = async (
  { projectFolder, asked }: { readonly projectFolder: string; readonly asked?: number | undefined },
  effects: Pick<Effects, 'fs' | 'env'>,
): Promise<number> => {
  if (asked !== undefined) return asked;
  const config = await readProjectConfig(projectFolder, effects);
  const limit = config.kind === 'ok' ? config.value.settings['run.memory_limit'] : null;
  return limit ?? defaultMemoryBytes();
};
