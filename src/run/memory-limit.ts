import type { Effects } from '../base/index.ts';
import { readProjectConfig } from '../contract/index.ts';

/** 60 % of the memory of the machine, or of the container, at most 2.5 GB. */
const defaultMemoryBytes = (effects: Pick<Effects, 'process'>): number =>
  Math.min(0.6 * effects.process.memoryBytes, 2.5e9);

/**
 * Bytes that the engine may use: what the flag asks, else `run.memory_limit`, else the default. A
 * configuration with problems counts as none; who opens the project tells them.
 */
export const memoryLimitOf = async (
  { projectFolder, asked }: { readonly projectFolder: string; readonly asked?: number | undefined },
  effects: Pick<Effects, 'fs' | 'env' | 'process'>,
): Promise<number> => {
  if (asked !== undefined) return asked;
  const config = await readProjectConfig(projectFolder, effects);
  const limit = config.kind === 'ok' ? config.value.settings['run.memory_limit'] : null;
  return limit ?? defaultMemoryBytes(effects);
};
