import { type Compiled, closestHint, foldName, pipelineError, problems } from '../base/index.ts';
import { contractErrors } from './errors.ts';
import { feedSettingKeys } from './feed-settings.ts';
import { policies } from './policies.ts';
import { type SettingSource, settings } from './settings.ts';
import { type Path, readYaml, valueAt, type YamlSource } from './yaml-source.ts';

/** A value that stands above the file: `path` into its tree, and the flag or variable that gave it. */
export type Override = {
  readonly path: Path;
  readonly value: unknown;
  readonly source: SettingSource;
  /** `flag --memory-limit`, `environment SCHOOLHOUSE__LAKE__KEEP`. */
  readonly origin: string;
};

const prefix = 'SCHOOLHOUSE__';

/** A list, map or quoted text is read as JSON (which YAML contains); anything else is the text itself. */
const readValue = (raw: string, origin: string): Compiled<unknown> => {
  if (!/^\s*[[{"]/.test(raw)) return { kind: 'ok', value: raw };
  const read = readYaml(origin, raw);
  return read.kind === 'ok' ? { kind: 'ok', value: read.value.value } : read;
};

/** `LAKE__KEEP` → the path of lake.keep; undefined when nothing has that name. */
const pathOf = (parts: readonly string[]): Path | undefined => {
  const [first = '', ...rest] = parts;
  if (first === 'policies') {
    const key = Object.keys(policies).find((candidate) => candidate === rest.join('.'));
    return key === undefined ? undefined : [first, key];
  }
  if (first === 'feeds' && rest.length >= 2) {
    const [feed = '', wanted = '', ...deeper] = rest;
    const known = feedSettingKeys.find(({ key }) => foldName(key) === foldName(wanted));
    return known === undefined ? undefined : [first, feed, known.key, ...deeper];
  }
  const key = Object.keys(settings).find((candidate) => candidate === parts.join('.'));
  return key?.split('.');
};

const variableNames = (): readonly string[] => [
  ...Object.keys(settings).map((key) => prefix + key.replaceAll('.', '__').toUpperCase()),
  ...Object.keys(policies).map(
    (key) => `${prefix}POLICIES__${key.replaceAll('.', '__').toUpperCase()}`,
  ),
];

/** `SCHOOLHOUSE__SECTION__KEY` variables as overrides; an unknown one is a problem. */
export const environmentOverrides = (
  env: Readonly<Record<string, string | undefined>>,
): Compiled<readonly Override[]> => {
  const read = Object.entries(env)
    .filter((entry): entry is [string, string] => entry[0].startsWith(prefix))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([variable, raw]): Compiled<Override> => {
      const origin = `environment ${variable}`;
      const path = pathOf(variable.slice(prefix.length).toLowerCase().split('__'));
      if (path === undefined) {
        const facts = { key: variable, section: 'The configuration' };
        const names = variableNames();
        return problems([
          pipelineError(contractErrors, 'config.unknown-key', facts, {
            place: { file: origin },
            hint: closestHint(variable, names),
          }),
        ]);
      }
      const value = readValue(raw, origin);
      return value.kind === 'ok'
        ? { kind: 'ok', value: { path, value: value.value, source: 'environment', origin } }
        : value;
    });
  const wrong = read.flatMap((one) => (one.kind === 'problems' ? one.problems : []));
  const value = read.flatMap((one) => (one.kind === 'ok' ? [one.value] : []));
  return wrong.length > 0 ? problems(wrong) : { kind: 'ok', value };
};

const withValue = (tree: unknown, path: Path, value: unknown): unknown => {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  const isMap = typeof tree === 'object' && tree !== null && !Array.isArray(tree);
  const entries = isMap ? Object.entries(tree).filter(([key]) => key !== String(step)) : [];
  const inner = withValue(valueAt(tree, [step]), rest, value);
  return Object.fromEntries(inner === undefined ? entries : [...entries, [String(step), inner]]);
};

/** A policy may stand in the file in sections; the override takes the place of both spellings. */
const applyOne = (tree: unknown, { path, value }: Override): unknown => {
  const [first, key] = path;
  const cleared =
    first === 'policies' && typeof key === 'string'
      ? withValue(tree, ['policies', ...key.split('.')], undefined)
      : tree;
  return withValue(cleared, path, value);
};

const startsWith = (path: Path, start: Path): boolean =>
  start.every((step, index) => path[index] === step);

/** The source with the overrides on top (later ones win); places name the flag or variable. */
export const withOverrides = (source: YamlSource, overrides: readonly Override[]): YamlSource => ({
  file: source.file,
  value: overrides.reduce(applyOne, source.value),
  placeOf: (path, target) => {
    const override = overrides.findLast((candidate) => startsWith(path, candidate.path));
    return override === undefined ? source.placeOf(path, target) : { file: override.origin };
  },
});
