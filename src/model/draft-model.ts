import type { PipelineError } from '../base/index.ts';
import { pipelineError } from '../base/index.ts';
import type { Engine } from '../engine/index.ts';
import { modelErrors } from './errors.ts';
import type { QueryText } from './lint-query.ts';
import type { Layer } from './model.ts';
import type { ModelFiles } from './read-model-files.ts';
import { readQuery } from './read-query.ts';
import { readSidecar, type Sidecar } from './read-sidecar.ts';
import { type ModelSidecar, modelSidecar } from './sidecar-schema.ts';

/** A model whose files were read and looked at one by one, before it is compiled with the others. */
export type ModelDraft = {
  readonly relation: string;
  readonly layer: Layer;
  readonly name: string;
  readonly query: QueryText;
  readonly reads: readonly string[];
  readonly sidecarFile: string;
  readonly sidecar: Sidecar<ModelSidecar> | undefined;
  /** False when its own query is already refused: compiling it would repeat the message. */
  readonly compiles: boolean;
};

/** What the models of a layer may read (architecture, one direction). */
export const layerReads: Readonly<Record<Layer, readonly string[]>> = {
  reference: ['reference'],
  silver: ['staging', 'silver', 'reference'],
  gold: ['silver', 'gold', 'reference'],
  compat: ['bronze', 'silver', 'gold'],
};

/** What a check may read: never staging, which only a run has, and no layer above its own. */
export const checkReads: Readonly<Record<Layer | 'checks', readonly string[]>> = {
  reference: ['reference'],
  silver: ['silver', 'reference'],
  gold: ['silver', 'gold', 'reference'],
  compat: ['bronze', 'silver', 'gold', 'reference', 'compat'],
  checks: ['bronze', 'silver', 'gold', 'reference', 'compat'],
};

/** Columns that the sidecar names for a use must be declared; the rest is the compiler's. */
const unknownColumns = (
  relation: string,
  { value, placeOf }: Sidecar<ModelSidecar>,
): readonly PipelineError[] => {
  const uses: readonly (readonly [string, readonly string[]])[] = [
    ['key', value.key ?? []],
    ['by', value.by ?? []],
    ['partition_by', value.partition_by === undefined ? [] : [value.partition_by]],
    ['sort_by', value.sort_by],
  ];
  return uses.flatMap(([use, columns]) =>
    columns
      .filter((column) => !Object.hasOwn(value.columns, column))
      .map((column) =>
        pipelineError(
          modelErrors,
          'model.column-unknown',
          { model: relation, use: `\`${use}\``, column },
          { place: placeOf([use]) },
        ),
      ),
  );
};

/** Reads one model's two files: sidecar, parse, lint, references. */
export const draftModel = async (
  engine: Pick<Engine, 'parse'>,
  { layer, name, sql, sidecar: sidecarText }: ModelFiles,
  known: ReadonlySet<string>,
): Promise<{ readonly draft: ModelDraft; readonly found: readonly PipelineError[] }> => {
  const relation = `${layer}.${name}`;
  const query = { reader: relation, sql: sql.text, file: sql.file, inside: undefined };
  const read = await readQuery(engine, query, { known, allowed: layerReads[layer] });
  const { sidecar, found } =
    sidecarText === undefined
      ? { sidecar: undefined, found: [] }
      : readSidecar(modelSidecar, { ...sidecarText, model: relation });
  const all = [...read.found, ...found];
  if (sidecar !== undefined) {
    all.push(...unknownColumns(relation, sidecar));
    if (sidecar.value.key === undefined && layer !== 'compat') {
      const facts = {
        model: relation,
        at: 'key',
        problem: 'every model but a compat view has a key',
      };
      const place = sidecar.placeOf([]);
      all.push(pipelineError(modelErrors, 'model.sidecar', facts, { place }));
    }
  }
  const draft: ModelDraft = {
    relation,
    layer,
    name,
    query,
    reads: read.reads,
    sidecarFile: sidecarText?.file ?? sql.file,
    sidecar,
    compiles: read.found.length === 0,
  };
  return { draft, found: all };
};
