import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { nodeEffects, sql, trustedSql } from '../../src/base/index.ts';
import { functionsHash, openDuckDB } from '../../src/engine/index.ts';
import {
  describeDifference,
  type ModelGraph,
  readModels,
  runCheckTrip,
  runModelTest,
} from '../../src/model/index.ts';
import { provided, readFeeds } from './project-inputs.ts';

const builtInFolder = fileURLToPath(new URL('../../models', import.meta.url));
const engine = await openDuckDB({
  memoryLimitBytes: 1_000_000_000,
  tempFolder: fileURLToPath(new URL('../../.cache/models-test', import.meta.url)),
});
const effects = await nodeEffects();
const feeds = await readFeeds(effects);
const compiled = await readModels(
  { builtInFolder, engine, feeds, provided, functionsHash },
  effects,
);
const graph: ModelGraph =
  compiled.kind === 'ok' ? compiled.value : { models: [], checks: [], inputs: [] };

afterAll(() => engine[Symbol.asyncDispose]());

describe('compile', () => {
  it('every model and check compiles over zero rows as declared', () => {
    const problems = compiled.kind === 'ok' ? [] : compiled.problems;
    const lines = problems.map(
      ({ place, message, hint }) =>
        `${place?.file}:${place?.line ?? 1}:${place?.column ?? 1} ${message} ${hint ?? ''}`,
    );
    expect(lines).toEqual([]);
  });

  it('there are models, and each has a test or is only shipped rows or a view', () => {
    expect(graph.models.length).toBeGreaterThan(0);
    const untested = graph.models
      .filter((model) => model.schema === 'silver' || model.schema === 'gold')
      .filter((model) => model.tests.length === 0 && model.refresh.kind !== 'view');
    expect(untested.map((model) => model.relation)).toEqual([]);
  });
});

for (const model of graph.models.filter((candidate) => candidate.tests.length > 0)) {
  describe(model.relation, () => {
    for (const test of model.tests) {
      it(test.name, async () => {
        const differences = await runModelTest(engine, graph, model, test);
        expect(differences.map(describeDifference)).toEqual([]);
      });
    }
  });
}

describe('checks', () => {
  for (const check of graph.checks) {
    it(`${check.name} finds what trips it and nothing in empty relations`, async () => {
      const differences = await runCheckTrip(engine, graph, check);
      expect(differences.map(describeDifference)).toEqual([]);
    });
  }
});

describe('vocabularies', () => {
  for (const model of graph.models.filter(({ columns }) => columns.some((c) => c.name === 'raw'))) {
    it(`${model.relation} has every word also as it is compared, with the same code`, async () => {
      const own = trustedSql(model.sql);
      const rows = await engine.rows(
        sql`select raw from (${own}) where (fold_code(raw), code) not in (select (raw, code) from (${own}))`,
      );
      expect(rows).toEqual([]);
    });
  }
});
