import { closestHint, PipelineError, type Place, pipelineError } from '../base/index.ts';
import type { Engine } from '../engine/index.ts';
import { describeQuery } from './compile-model.ts';
import { checkReads, type ModelDraft } from './draft-model.ts';
import { modelErrors } from './errors.ts';
import type { InputColumn } from './feed-relations.ts';
import { keyChecks } from './key-checks.ts';
import type { QueryText } from './lint-query.ts';
import type { Check, Fixture, ModelTest } from './model.ts';
import type { CheckFiles } from './read-model-files.ts';
import { readQuery } from './read-query.ts';
import { readSidecar, type Sidecar } from './read-sidecar.ts';
import { checkSidecar, type ModelSidecar } from './sidecar-schema.ts';

/** Everything that can be read: relation → its columns. */
export type Catalogue = ReadonlyMap<string, readonly Pick<InputColumn, 'name' | 'type'>[]>;

type FixtureQuestion = {
  readonly user: string;
  readonly fixture: Fixture;
  readonly reads: readonly string[];
  readonly placeOf: (relation: string) => Place;
};

const fixtureProblems = (
  catalogue: Catalogue,
  { user, fixture, reads, placeOf }: FixtureQuestion,
): readonly PipelineError[] =>
  Object.entries(fixture).flatMap(([relation, rows]) => {
    const place = placeOf(relation);
    if (!reads.includes(relation)) {
      const hint = closestHint(relation, reads);
      return [
        pipelineError(modelErrors, 'model.fixture-relation', { user, relation }, { place, hint }),
      ];
    }
    const columns = (catalogue.get(relation) ?? []).map((column) => column.name);
    const named = new Set(rows.flatMap((row) => Object.keys(row)));
    return [...named]
      .filter((column) => !columns.includes(column))
      .map((column) =>
        pipelineError(
          modelErrors,
          'model.fixture-column',
          { user, relation, column },
          { place, hint: closestHint(column, columns) },
        ),
      );
  });

type CheckQuestion = {
  readonly check: Omit<Check, 'reads'>;
  readonly query: QueryText;
  readonly allowed: readonly string[];
  readonly tripsPlace: (relation: string) => Place;
};

type Found<T> = { readonly value: T; readonly found: readonly PipelineError[] };

const compileCheck = async (
  engine: Engine,
  catalogue: Catalogue,
  { check, query, allowed, tripsPlace }: CheckQuestion,
): Promise<Found<Check>> => {
  const known = new Set(catalogue.keys());
  const { reads, found } = await readQuery(engine, query, { known, allowed });
  const all = [...found];
  if (found.length === 0) {
    const described = await describeQuery(engine, query);
    if (described instanceof PipelineError) all.push(described);
    const question = { user: query.reader, fixture: check.trips, reads, placeOf: tripsPlace };
    all.push(...fixtureProblems(catalogue, question));
  }
  if (!Object.values(check.trips).some((rows) => rows.length > 0)) {
    const facts = { check: check.name };
    all.push(
      pipelineError(modelErrors, 'model.check-without-trips', facts, { place: check.place }),
    );
  }
  return { value: { ...check, reads }, found: all };
};

/** The key checks and the sidecar's own checks of one compiled model. */
export const readModelChecks = async (
  engine: Engine,
  catalogue: Catalogue,
  draft: ModelDraft,
  { value, placeOf }: Sidecar<ModelSidecar>,
): Promise<Found<readonly Check[]>> => {
  const columns = catalogue.get(draft.relation) ?? [];
  const keyed = { relation: draft.relation, key: value.key ?? [], columns };
  const checks: Check[] = [...keyChecks(keyed, placeOf(['key']))];
  const found: PipelineError[] = [];
  for (const [name, entry] of Object.entries(value.checks)) {
    const place = placeOf(['checks', name]);
    const inside = placeOf(['checks', name, 'sql']);
    const compiled = await compileCheck(engine, catalogue, {
      check: {
        name,
        owner: draft.relation,
        severity: entry.severity,
        why: entry.why,
        fix: entry.fix,
        sql: entry.sql.trim(),
        by: entry.by ?? [],
        trips: entry.trips ?? {},
        place,
      },
      query: {
        reader: `The check ${name} of ${draft.relation}`,
        sql: entry.sql,
        file: draft.sidecarFile,
        inside,
      },
      allowed: checkReads[draft.layer],
      tripsPlace: (relation) => placeOf(['checks', name, 'trips', relation]),
    });
    checks.push(compiled.value);
    found.push(...compiled.found);
  }
  return { value: checks, found };
};

/** One check of `models/checks/`. */
export const readOwnCheck = async (
  engine: Engine,
  catalogue: Catalogue,
  { name, sql, sidecar: sidecarText }: CheckFiles,
): Promise<Found<Check | undefined>> => {
  if (sidecarText === undefined) return { value: undefined, found: [] };
  const { sidecar, found } = readSidecar(checkSidecar, { ...sidecarText, model: `checks.${name}` });
  if (sidecar === undefined) return { value: undefined, found };
  const { severity, why, fix, by, trips } = sidecar.value;
  return compileCheck(engine, catalogue, {
    check: {
      name,
      owner: 'checks',
      severity,
      why,
      fix,
      sql: sql.text,
      by: by ?? [],
      trips: trips ?? {},
      place: { file: sql.file, line: 1, column: 1 },
    },
    query: { reader: `The check ${name}`, sql: sql.text, file: sql.file, inside: undefined },
    allowed: checkReads.checks,
    tripsPlace: (relation) => sidecar.placeOf(['trips', relation]),
  });
};

/** The tests of one compiled model; what they give must be what the model reads. */
export const readTests = (
  catalogue: Catalogue,
  draft: ModelDraft,
  { value, placeOf }: Sidecar<ModelSidecar>,
): Found<readonly ModelTest[]> => {
  const own = (catalogue.get(draft.relation) ?? []).map((column) => column.name);
  const found: PipelineError[] = [];
  const tests = value.tests.map((test, index): ModelTest => {
    const user = `The test "${test.name}" of ${draft.relation}`;
    const place = placeOf(['tests', index]);
    found.push(
      ...fixtureProblems(catalogue, {
        user,
        fixture: test.given,
        reads: draft.reads,
        placeOf: (relation) => placeOf(['tests', index, 'given', relation]),
      }),
    );
    for (const column of new Set(test.expect.flatMap((row) => Object.keys(row)))) {
      if (own.includes(column)) continue;
      const facts = { model: draft.relation, use: `The test "${test.name}"`, column };
      const expectPlace = placeOf(['tests', index, 'expect']);
      found.push(pipelineError(modelErrors, 'model.column-unknown', facts, { place: expectPlace }));
    }
    return { ...test, place };
  });
  return { value: tests, found };
};
