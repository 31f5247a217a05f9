import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../../shared/data', import.meta.url));

/** A path in the shared data beside the checkout; the tests fail where it is missing. */
export const sharedData = (path: string): string => {
  const found = join(folder, path);
  if (!existsSync(found)) throw new Error(`shared data is missing: ${found}`);
  return found;
};
