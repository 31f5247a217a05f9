import { PipelineError, type Place, pipelineError, sql, trustedSql } from '../base/index.ts';
import type { Engine, ResultColumn } from '../engine/index.ts';
import type { ModelDraft } from './draft-model.ts';
import { modelErrors } from './errors.ts';
import type { QueryText } from './lint-query.ts';
import type { ModelColumn } from './model.ts';
import { compileProblem } from './read-query.ts';
import type { Sidecar } from './read-sidecar.ts';
import type { ModelSidecar } from './sidecar-schema.ts';

const typeShape = /^[a-z][a-z0-9_ ]*(\(\d{1,2}(, ?\d{1,2})?\))?(\[\])*$/i;

/** The engine's own spelling of a declared type (`decimal(5, 2)` → `DECIMAL(5,2)`), or undefined when it knows none. */
const spellType = async (engine: Engine, type: string): Promise<string | undefined> => {
  if (!typeShape.test(type)) return undefined;
  try {
    const [column] = await engine.describe(sql`select cast(null as ${trustedSql(type)}) as x`);
    return column?.type;
  } catch (error) {
    if (error instanceof PipelineError && error.kind === 'usage') return undefined;
    throw error;
  }
};

/** Columns of a query over the relations as they stand, or the problem that it does not bind. */
export const describeQuery = async (
  engine: Engine,
  query: QueryText,
): Promise<readonly ResultColumn[] | PipelineError> => {
  try {
    return await engine.describe(trustedSql(query.sql));
  } catch (error) {
    if (error instanceof PipelineError && (error.kind === 'usage' || error.kind === 'data'))
      return compileProblem(query, error);
    throw error;
  }
};

type TypeQuestion = {
  readonly model: string;
  readonly column: ResultColumn;
  readonly declared: string | undefined;
  readonly place: Place;
};

const typeProblems = async (
  engine: Engine,
  { model, column, declared, place }: TypeQuestion,
): Promise<readonly PipelineError[]> => {
  if (/^U?HUGEINT/.test(column.type)) {
    const hint = 'DuckDB sums integers to hugeint: cast(sum(…) as bigint).';
    const facts = { model, column: column.name, type: column.type };
    return [pipelineError(modelErrors, 'model.type-refused', facts, { place, hint })];
  }
  if (declared === undefined) return [];
  const spelled = await spellType(engine, declared);
  if (spelled === column.type) return [];
  const facts = { model, column: column.name, declared, actual: column.type };
  return [pipelineError(modelErrors, 'model.type-differs', facts, { place })];
};

export type CompiledColumns = {
  /** In the order of the query. */
  readonly columns: readonly ModelColumn[];
  readonly found: readonly PipelineError[];
};

/** Compares what a model's query gives over empty relations with what its sidecar declares. */
export const compileColumns = async (
  engine: Engine,
  { relation, query }: ModelDraft,
  { value, placeOf }: Sidecar<ModelSidecar>,
): Promise<CompiledColumns> => {
  const described = await describeQuery(engine, query);
  if (described instanceof PipelineError) return { columns: [], found: [described] };
  const found: PipelineError[] = [];
  const names = described.map((column) => column.name);
  const undeclared = names.filter((name) => !Object.hasOwn(value.columns, name));
  const absent = Object.keys(value.columns).filter((name) => !names.includes(name));
  if (undeclared.length > 0 || absent.length > 0) {
    const facts = { model: relation, undeclared, absent };
    const place = placeOf(absent[0] === undefined ? ['columns'] : ['columns', absent[0]]);
    found.push(pipelineError(modelErrors, 'model.columns-differ', facts, { place }));
  }
  const columns: ModelColumn[] = [];
  for (const column of described) {
    const declared = value.columns[column.name];
    if (declared === undefined) continue;
    const place = placeOf(['columns', column.name]);
    const question = { model: relation, column, declared: declared.type, place };
    found.push(...(await typeProblems(engine, question)));
    columns.push({
      name: column.name,
      type: column.type,
      is: declared.is,
      unit: declared.unit,
      happened: declared.happened,
      privacy: declared.privacy,
    });
  }
  const partition = columns.find((column) => column.name === value.partition_by);
  if (partition !== undefined && partition.type !== 'DATE') {
    const facts = {
      model: relation,
      column: partition.name,
      declared: 'DATE',
      actual: partition.type,
    };
    const place = placeOf(['partition_by']);
    found.push(pipelineError(modelErrors, 'model.type-differs', facts, { place }));
  }
  return { columns, found };
};
