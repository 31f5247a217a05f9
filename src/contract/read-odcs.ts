import { type Compiled, type PipelineError, pipelineError, problems } from '../base/index.ts';
import { checkShape } from './check-shape.ts';
import type { RowRule } from './contract.ts';
import type { ColumnDraft, ContractDraft } from './contract-draft.ts';
import { contractErrors } from './errors.ts';
import {
  columnPropertiesShape,
  feedPropertiesShape,
  type OdcsObject,
  type OdcsProperty,
  odcsShape,
  rowRuleShape,
} from './odcs.ts';
import type { Shape } from './text-shapes.ts';
import { type Path, valueAt, type YamlSource } from './yaml-source.ts';

/** The list `[{ property, value }]` as a section, so that its values have shapes and places like others. */
const customProperties = <T>(shape: Shape<T>, source: YamlSource, path: Path): Compiled<T> => {
  const list = valueAt(source.value, [...path, 'customProperties']);
  const items: readonly unknown[] = Array.isArray(list) ? list : [];
  const names = items.map((item) => String(valueAt(item, ['property'])));
  const repeated = names.findIndex((name, index) => names.indexOf(name) !== index);
  if (repeated >= 0) {
    const at = [...path, 'customProperties', repeated];
    return problems([
      pipelineError(
        contractErrors,
        'config.wrong-value',
        { key: `customProperties.${names[repeated]}`, expected: 'given once' },
        { place: source.placeOf(at) },
      ),
    ]);
  }
  const section = Object.fromEntries(
    items.map((item, index) => [names[index], valueAt(item, ['value'])]),
  );
  const placeOf: YamlSource['placeOf'] = ([, name, ...rest], target) => {
    const index = names.indexOf(String(name));
    const base = [...path, 'customProperties'];
    if (index < 0) return source.placeOf(base, target);
    const isKey = target === 'key' && rest.length === 0;
    return source.placeOf(
      [...base, index, isKey ? 'property' : 'value', ...rest],
      isKey ? 'value' : target,
    );
  };
  return checkShape(shape, { file: source.file, value: { customProperties: section }, placeOf }, [
    'customProperties',
  ]);
};

const logicalTypes = {
  string: 'text',
  date: 'date',
  timestamp: 'timestamp',
  number: 'number',
  integer: 'integer',
  boolean: 'boolean',
} as const;

const qualityProblem = (kind: string, source: YamlSource, path: Path): PipelineError =>
  pipelineError(
    contractErrors,
    'contract.quality-engine',
    { kind },
    {
      place: source.placeOf(path),
      hint: 'Write it as type: custom, engine: schoolhouse with code and refuseWhen, or as a check in models/checks.',
    },
  );

type OwnRule = RowRule & { readonly place: ReturnType<YamlSource['placeOf']> };

/** Rules of our engine; those of other engines are theirs, and what only looks enforced is a problem. */
const readRules = (
  source: YamlSource,
  path: Path,
  column: string | null,
): Compiled<readonly OwnRule[]> => {
  const list = valueAt(source.value, [...path, 'quality']);
  const items: readonly unknown[] = Array.isArray(list) ? list : [];
  const rules: OwnRule[] = [];
  const wrong: PipelineError[] = [];
  items.forEach((item, index) => {
    const at = [...path, 'quality', index];
    const kind = String(valueAt(item, ['type']) ?? 'library');
    const engine = valueAt(item, ['engine']);
    if (kind === 'text' || (kind === 'custom' && engine !== 'schoolhouse')) return;
    if (kind !== 'custom') {
      wrong.push(qualityProblem(kind, source, at));
      return;
    }
    const checked = checkShape(rowRuleShape, source, at);
    if (checked.kind === 'problems') wrong.push(...checked.problems);
    else {
      const { implementation, description } = checked.value;
      rules.push({
        code: implementation.code,
        column: implementation.column ?? column,
        refuseWhen: implementation.refuseWhen.trim(),
        description,
        place: source.placeOf(at),
      });
    }
  });
  return wrong.length > 0 ? problems(wrong) : { kind: 'ok', value: rules };
};

const readColumn = (
  property: OdcsProperty,
  references: string | undefined,
  source: YamlSource,
  path: Path,
): Compiled<ColumnDraft> => {
  const own = customProperties(columnPropertiesShape, source, path);
  if (own.kind === 'problems') return own;
  const { columnType, ...custom } = own.value;
  const { physicalName, description, required, classification } = property;
  return {
    kind: 'ok',
    value: {
      ...property.logicalTypeOptions,
      ...custom,
      name: property.name,
      type:
        columnType ??
        (custom.vocabulary === undefined ? logicalTypes[property.logicalType ?? 'string'] : 'code'),
      ...(physicalName === undefined ? {} : { header: physicalName }),
      ...(description === undefined ? {} : { description }),
      ...(required === undefined ? {} : { required }),
      ...(classification === undefined ? {} : { privacy: classification }),
      ...(references === undefined ? {} : { references }),
      place: source.placeOf([...path, 'name']),
    },
  };
};

const problemsOf = (checked: readonly Compiled<unknown>[]): readonly PipelineError[] =>
  checked.flatMap((one) => (one.kind === 'problems' ? one.problems : []));

const lengthAt = (source: YamlSource, path: Path): number => {
  const list = valueAt(source.value, path);
  return Array.isArray(list) ? list.length : 0;
};

/** What is wrong inside lists whose items the standard leaves open: told beside the rest. */
const openProblems = (source: YamlSource, path: Path): readonly PipelineError[] => {
  const columns = Array.from({ length: lengthAt(source, [...path, 'properties']) }, (_, index) => [
    ...path,
    'properties',
    index,
  ]);
  return problemsOf([
    customProperties(feedPropertiesShape, source, path),
    readRules(source, path, null),
    ...columns.flatMap((column) => [
      customProperties(columnPropertiesShape, source, column),
      readRules(source, column, null),
    ]),
  ]);
};

const position = (property: OdcsProperty): number => property.primaryKeyPosition ?? 1;

const keyOf = (properties: readonly OdcsProperty[]): readonly string[] =>
  properties
    .filter((property) => property.primaryKey === true)
    .sort((a, b) => position(a) - position(b))
    .map((property) => property.name);

const readObject = (
  object: OdcsObject,
  source: YamlSource,
  path: Path,
): Compiled<Omit<ContractDraft, 'version'>> => {
  const feed = object.name;
  const feedProperties = customProperties(feedPropertiesShape, source, path);
  const references = new Map(
    (object.relationships ?? []).map(({ from, to }) => [from, to] as const),
  );
  const columns = object.properties.map((property, index) =>
    readColumn(
      property,
      property.relationships?.[0]?.to ?? references.get(`${feed}.${property.name}`),
      source,
      [...path, 'properties', index],
    ),
  );
  const rules = [
    readRules(source, path, null),
    ...object.properties.map((property, index) =>
      readRules(source, [...path, 'properties', index], property.name),
    ),
  ];
  if (feedProperties.kind === 'problems') return feedProperties;
  return {
    kind: 'ok',
    value: {
      ...feedProperties.value,
      feed,
      description: object.description ?? '',
      columns: columns.flatMap((one) => (one.kind === 'ok' ? [one.value] : [])),
      key: keyOf(object.properties),
      rules: rules.flatMap((one) => (one.kind === 'ok' ? one.value : [])),
      place: source.placeOf(path),
    },
  };
};

/** Reads one ODCS 3.1 document with one object, the feed. Every problem has its line and column. */
export const readOdcs = (source: YamlSource, feed: string): Compiled<ContractDraft> => {
  const path: Path = ['schema', 0];
  const checked = checkShape(odcsShape, source);
  const wrong = [...problemsOf([checked]), ...openProblems(source, path)];
  if (wrong.length > 0 || checked.kind === 'problems') return problems(wrong);
  const [object, second] = checked.value.schema;
  if (object === undefined || second !== undefined || object.name !== feed) {
    const facts = {
      key: 'schema',
      expected: `a list with one object, named ${feed} as the file is`,
    };
    const place = source.placeOf(['schema', second === undefined ? 0 : 1]);
    return problems([pipelineError(contractErrors, 'config.wrong-value', facts, { place })]);
  }
  const read = readObject(object, source, path);
  return read.kind === 'problems'
    ? read
    : { kind: 'ok', value: { ...read.value, version: checked.value.version } };
};
