import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Effects, nodeEffects } from '../base/index.ts';

/** The contracts that come with the program. */
export const builtInFolder = fileURLToPath(new URL('../../contracts', import.meta.url));

export type ToyProject = {
  readonly folder: string;
  readonly effects: Effects;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

/** A project folder for tests, with these files and only these environment variables. */
export const toyProject = async (
  files: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
): Promise<ToyProject> => {
  const effects: Effects = { ...(await nodeEffects()), env };
  const folder = join(tmpdir(), `schoolhouse-contract-${effects.newId()}`, 'my-school');
  await effects.fs.makeFolder(folder);
  for (const [name, text] of Object.entries(files)) {
    await effects.fs.makeFolder(dirname(join(folder, name)));
    await effects.fs.writeText(join(folder, name), text);
  }
  return {
    folder,
    effects,
    [Symbol.asyncDispose]: () => effects.fs.removeTree(dirname(folder)),
  };
};
