import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Compiled, Effects } from '../base/index.ts';
import { type ModelGraph, type ReadModelsOptions, readModels } from '../model/index.ts';

type Request = ReadModelsOptions & {
  /** Folder of the project's data: the compiled models are remembered there. */
  readonly dataFolder: string;
  /** The build's own: what the built-in models compile to where a project changes nothing. */
  readonly builtPath: string;
  readonly version: string;
};

const layers = ['reference', 'silver', 'gold', 'compat', 'checks'] as const;

/** Hash of every file that decides what models compile to. */
const hashSources = async (request: Request, effects: Pick<Effects, 'fs'>): Promise<string> => {
  const roots = [
    request.builtInFolder,
    ...(request.projectFolder === undefined ? [] : [join(request.projectFolder, 'models')]),
  ];
  const read = async (root: string, layer: string): Promise<readonly string[]> => {
    const folder = join(root, layer);
    const names = (await effects.fs.list(folder)).filter((name) => /\.(sql|yml)$/.test(name));
    const texts = await Promise.all(names.map((name) => effects.fs.readText(join(folder, name))));
    return names.flatMap((name, index) => [`${layer}/${name}\u0000`, texts[index] ?? '']);
  };
  const folders = roots.flatMap((root) => layers.map((layer) => read(root, layer)));
  const hash = createHash('sha256');
  for (const text of (await Promise.all(folders)).flat()) hash.update(text);
  const { feeds, provided, functionsHash, version } = request;
  return hash.update(JSON.stringify([feeds, provided, functionsHash, version])).digest('hex');
};

type Remembered = { readonly hash: string; readonly graph: ModelGraph };

const isRemembered = (value: unknown): value is Remembered =>
  typeof value === 'object' && value !== null && 'hash' in value && 'graph' in value;

const recall = async (
  path: string,
  hash: string,
  effects: Pick<Effects, 'fs'>,
): Promise<ModelGraph | undefined> => {
  if ((await effects.fs.stat(path))?.kind !== 'file') return undefined;
  try {
    const read: unknown = JSON.parse(await effects.fs.readText(path));
    return isRemembered(read) && read.hash === hash ? read.graph : undefined;
  } catch {
    return undefined;
  }
};

/**
 * Compiles the models, or recalls what they compiled to when no source changed since: compiling asks
 * the engine about every query and takes longer than a run that finds nothing new.
 */
export const compileModels = async (
  request: Request,
  effects: Pick<Effects, 'fs' | 'process'>,
): Promise<Compiled<ModelGraph>> => {
  const hash = await hashSources(request, effects);
  const path = join(request.dataFolder, 'models.json');
  for (const remembered of [path, request.builtPath]) {
    const recalled = await recall(remembered, hash, effects);
    if (recalled !== undefined) return { kind: 'ok', value: recalled };
  }
  const compiled = await readModels(request, effects);
  const hasData = (await effects.fs.stat(request.dataFolder))?.kind === 'folder';
  if (compiled.kind === 'ok' && hasData) {
    const draft = `${path}.${effects.process.pid}`;
    // A mere cache: a folder that cannot be written is told by what needs it.
    await effects.fs
      .writeText(draft, JSON.stringify({ hash, graph: compiled.value }), { replace: true })
      .then(() => effects.fs.rename(draft, path))
      .catch(() => effects.fs.unlink(draft).catch(() => undefined));
  }
  return compiled;
};
