import { basename, join } from 'node:path';
import { type Effects, type PipelineError, pipelineError } from '../base/index.ts';
import { modelErrors } from './errors.ts';
import type { Layer } from './model.ts';

export const layers: readonly Layer[] = ['reference', 'silver', 'gold', 'compat'];

export type SourceText = { readonly file: string; readonly text: string };

/** One relation's two files after the project's were laid over the built-in ones. */
export type ModelFiles = {
  readonly layer: Layer;
  readonly name: string;
  readonly sql: SourceText;
  /** Missing is a problem already reported; the query is looked at all the same. */
  readonly sidecar: SourceText | undefined;
};

/** A check of `models/checks/`: the query, and why and how to mend it. */
export type CheckFiles = {
  readonly name: string;
  readonly sql: SourceText;
  readonly sidecar: SourceText | undefined;
};

export type ModelFolders = {
  /** Folder of the built-in models. */
  readonly builtInFolder: string;
  /** The project's own folder (it may hold `models/`). */
  readonly projectFolder?: string | undefined;
};

type Found = Readonly<Record<'sql' | 'yml', ReadonlyMap<string, SourceText>>>;

const readFolder = async (
  folder: string,
  shown: string,
  effects: Pick<Effects, 'fs'>,
): Promise<Found> => {
  const found = { sql: new Map<string, SourceText>(), yml: new Map<string, SourceText>() };
  for (const entry of await effects.fs.list(folder)) {
    const [, name, kind] = /^(.+)\.(sql|yml)$/.exec(entry) ?? [];
    if (name === undefined || (kind !== 'sql' && kind !== 'yml')) continue;
    const text = (await effects.fs.readText(join(folder, entry))).replaceAll('\r\n', '\n');
    found[kind].set(name, { file: `${shown}/${entry}`, text });
  }
  return found;
};

const pairFiles = (
  shown: string,
  builtIn: Found,
  own: Found,
  found: PipelineError[],
): readonly CheckFiles[] => {
  const names = new Set(
    [builtIn.sql, builtIn.yml, own.sql, own.yml].flatMap((map) => [...map.keys()]),
  );
  const pairs: CheckFiles[] = [];
  for (const name of [...names].sort()) {
    const sql = own.sql.get(name) ?? builtIn.sql.get(name);
    const sidecar = own.yml.get(name) ?? builtIn.yml.get(name);
    const model = `${basename(shown)}.${name}`;
    if (!/^[a-z][a-z0-9_]*$/.test(name)) {
      const file = (sql ?? sidecar)?.file ?? name;
      found.push(pipelineError(modelErrors, 'model.name', { file }, { place: { file } }));
    } else if (sql === undefined) {
      const facts = { model, file: `${name}.sql` };
      const place = { file: sidecar?.file ?? shown };
      found.push(pipelineError(modelErrors, 'model.sql-missing', facts, { place }));
    } else {
      if (sidecar === undefined) {
        const facts = { model, sidecar: `${name}.yml` };
        const place = { file: sql.file };
        found.push(pipelineError(modelErrors, 'model.sidecar-missing', facts, { place }));
      }
      pairs.push({ name, sql, sidecar });
    }
  }
  return pairs;
};

const nothing: Found = { sql: new Map(), yml: new Map() };

/**
 * All model and check files, a project's `X.sql` in place of ours and its `X.yml` in place of ours.
 * Files are shown as `models/<layer>/<name>.sql`. Checks only add: a built-in one keeps its text.
 */
export const readModelFiles = async (
  { builtInFolder, projectFolder }: ModelFolders,
  effects: Pick<Effects, 'fs'>,
): Promise<{
  readonly models: readonly ModelFiles[];
  readonly checks: readonly CheckFiles[];
  readonly found: readonly PipelineError[];
}> => {
  const found: PipelineError[] = [];
  const both = async (folder: string): Promise<readonly [Found, Found]> => [
    await readFolder(join(builtInFolder, folder), `models/${folder}`, effects),
    projectFolder === undefined
      ? nothing
      : await readFolder(join(projectFolder, 'models', folder), `models/${folder}`, effects),
  ];
  const models: ModelFiles[] = [];
  for (const layer of layers) {
    const [builtIn, own] = await both(layer);
    models.push(
      ...pairFiles(`models/${layer}`, builtIn, own, found).map((pair) => ({ layer, ...pair })),
    );
  }
  const [builtInChecks, ownChecks] = await both('checks');
  for (const name of [...ownChecks.sql.keys()].filter((key) => builtInChecks.sql.has(key))) {
    const facts = { check: name, owner: 'the built-in checks' };
    const place = { file: ownChecks.sql.get(name)?.file ?? 'models/checks' };
    found.push(pipelineError(modelErrors, 'model.check-name-taken', facts, { place }));
  }
  const checks = [
    ...pairFiles('models/checks', builtInChecks, nothing, found),
    ...pairFiles(
      'models/checks',
      nothing,
      {
        sql: new Map([...ownChecks.sql].filter(([key]) => !builtInChecks.sql.has(key))),
        yml: new Map([...ownChecks.yml].filter(([key]) => !builtInChecks.sql.has(key))),
      },
      found,
    ),
  ];
  return { models, checks, found };
};
