import { z } from 'zod';
import type { Effects } from '../base/index.ts';

/** The members that name one process on one machine since one boot, in lock, lease and run files. */
export const processIdentity = {
  pid: z.number().int(),
  host: z.string(),
  bootId: z.string(),
  /** Start time as the kernel tells it: a pid is used again, a pid with its start is not. */
  start: z.string(),
};

export type ProcessIdentity = {
  readonly pid: number;
  readonly host: string;
  readonly bootId: string;
  readonly start: string;
};

/** True when that very process lives on this machine; of another machine nothing is known: false. */
export const isProcessAlive = async (
  identity: ProcessIdentity,
  effects: Pick<Effects, 'process'>,
): Promise<boolean> => {
  const here = effects.process;
  if (identity.host !== here.host || identity.bootId !== here.bootId) return false;
  return (await here.startOf(identity.pid)) === identity.start;
};
