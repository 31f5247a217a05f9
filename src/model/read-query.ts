import { closestHint, type PipelineError, type Place, pipelineError } from '../base/index.ts';
import type { Engine } from '../engine/index.ts';
import { modelErrors } from './errors.ts';
import { lintQuery, type QueryText } from './lint-query.ts';
import { maskSql, placeOfByte, placeOfCharacter } from './mask-sql.ts';

export type ReadRules = {
  /** Every relation that exists, schema-qualified. */
  readonly known: ReadonlySet<string>;
  /** Schemas that this reader may read. */
  readonly allowed: readonly string[];
};

/** The relations that a query reads, each once in order of appearance, and what is wrong with it. */
export type ReadQuery = {
  readonly reads: readonly string[];
  readonly found: readonly PipelineError[];
};

const placeAt = ({ file, sql, inside }: QueryText, offset: number | undefined): Place =>
  inside ?? (offset === undefined ? { file } : placeOfByte(file, sql, offset));

/** Parses, lints and resolves one query. A relation that is refused is not among `reads`. */
export const readQuery = async (
  engine: Pick<Engine, 'parse'>,
  query: QueryText,
  { known, allowed }: ReadRules,
): Promise<ReadQuery> => {
  const { reader, sql, inside } = query;
  const comment = inside === undefined ? -1 : sql.search(/--/);
  if (comment >= 0 && !sql.slice(comment).trimEnd().includes('\n')) {
    // A folded YAML text is one line: a comment would swallow the rest of the query.
    const reason = 'a -- comment in a folded text hides what follows it; use sql: |';
    const place = inside;
    return {
      reads: [],
      found: [pipelineError(modelErrors, 'model.sql', { reader, reason }, { place })],
    };
  }
  const parsed = await engine.parse(sql);
  if (parsed.kind === 'error') {
    const facts = { reader, reason: parsed.reason };
    const place = placeAt(query, parsed.offset);
    return { reads: [], found: [pipelineError(modelErrors, 'model.sql', facts, { place })] };
  }
  const found: PipelineError[] = [...lintQuery(query, parsed.tree)];
  const reads = new Set<string>();
  for (const { schema, name, offset } of parsed.references) {
    const place = placeAt(query, offset);
    const relation = `${schema}.${name}`;
    if (schema === '') {
      const candidates = [...known].filter((other) => other.endsWith(`.${name}`));
      const hint = candidates.length > 0 ? `Write ${candidates.join(' or ')}.` : undefined;
      const facts = { reader, relation: name };
      found.push(pipelineError(modelErrors, 'model.unqualified-relation', facts, { place, hint }));
    } else if (!known.has(relation)) {
      const hint = closestHint(relation, known);
      found.push(
        pipelineError(modelErrors, 'model.unknown-relation', { reader, relation }, { place, hint }),
      );
    } else if (!allowed.includes(schema)) {
      found.push(
        pipelineError(modelErrors, 'model.layer', { reader, relation, allowed }, { place }),
      );
    } else reads.add(relation);
  }
  return { reads: [...reads], found };
};

/** The error of a query that the engine does not bind, placed at the name it complains of when it tells one. */
export const compileProblem = (query: QueryText, error: PipelineError): PipelineError => {
  const { reader, sql, file, inside } = query;
  const word = /\("([^"]+)"\)/.exec(error.message)?.[1];
  const at =
    word === undefined
      ? -1
      : maskSql(sql).search(new RegExp(`\\b${word.replaceAll('.', '\\.')}\\b`));
  const place = inside ?? (at < 0 ? { file } : placeOfCharacter(file, sql, at));
  const facts = { reader, problem: error.message };
  return pipelineError(modelErrors, 'model.does-not-compile', facts, { place, cause: error });
};
