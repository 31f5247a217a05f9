import { basename, join, resolve } from 'node:path';
import {
  type Compiled,
  closestHint,
  type Effects,
  type PipelineError,
  pipelineError,
  problems,
} from '../base/index.ts';
import { checkShape } from './check-shape.ts';
import { environmentOverrides, type Override, withOverrides } from './config-overrides.ts';
import { contractErrors } from './errors.ts';
import { type FeedSettings, feedSettingsShape } from './feed-settings.ts';
import { type PolicyRow, readPolicies } from './read-policies.ts';
import { readSettings, type SettingOrigins, settingKeys } from './read-settings.ts';
import { type SettingKey, type SettingValues, timeZoneOfMachine } from './settings.ts';
import * as shapes from './text-shapes.ts';
import { readYaml, type YamlSource } from './yaml-source.ts';

/** What schoolhouse.yaml, the environment and flags say, checked; defaults filled in. */
export type ProjectConfig = {
  readonly settings: SettingValues;
  /** Where each setting came from, for doctor. */
  readonly origins: SettingOrigins;
  /** The short form of feeds, by feed. */
  readonly feeds: Readonly<Record<string, FeedSettings>>;
  /** The user's policy rows; `resolvePolicies` adds the defaults. */
  readonly policies: readonly PolicyRow[];
  /** The tree that was read, for the places of problems found later. */
  readonly source: YamlSource;
};

export type ConfigRequest = {
  readonly projectFolder: string;
  /** Values of flags by setting key, with the flag's name: they win over everything. */
  readonly flags: readonly {
    readonly key: SettingKey;
    readonly flag: string;
    readonly value: string;
  }[];
};

export const configFile = 'schoolhouse.yaml';

const sections = [...new Set(settingKeys.map((key) => key.split('.')[0] ?? key))];
const topKeys: readonly string[] = [...sections, 'feeds', 'policies'];

const readFile = async (
  projectFolder: string,
  effects: Pick<Effects, 'fs'>,
): Promise<Compiled<YamlSource>> => {
  const path = join(projectFolder, configFile);
  const place = { file: configFile };
  const facts = await effects.fs.stat(path);
  if (facts === undefined) {
    return { kind: 'ok', value: { file: configFile, value: {}, placeOf: () => place } };
  }
  return facts.kind === 'file' || facts.kind === 'link'
    ? readYaml(configFile, await effects.fs.readText(path))
    : problems([pipelineError(contractErrors, 'contract.unread', {}, { place })]);
};

const isSection = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Keys that no setting, feed or policy has; and texts where a section should be. */
const findUnknown = (source: YamlSource): readonly PipelineError[] => {
  const named = (path: readonly string[]): string =>
    path.length === 0 ? 'The file' : path.join('.');
  const unknown = (path: readonly string[], key: string, known: readonly string[]) =>
    pipelineError(
      contractErrors,
      'config.unknown-key',
      { key, section: named(path) },
      { place: source.placeOf([...path, key], 'key'), hint: closestHint(key, known) },
    );
  const notASection = (path: readonly string[]) =>
    pipelineError(
      contractErrors,
      'config.wrong-value',
      { key: named(path), expected: 'a section of key: value lines' },
      { place: source.placeOf(path) },
    );
  if (!isSection(source.value)) return [notASection([])];
  return Object.entries(source.value).flatMap(([key, value]) => {
    if (!topKeys.includes(key)) return [unknown([], key, topKeys)];
    if (settingKeys.some((candidate) => candidate === key)) return [];
    if (!isSection(value)) return [notASection([key])];
    if (key === 'feeds' || key === 'policies') return [];
    const known = settingKeys
      .filter((candidate) => candidate.startsWith(`${key}.`))
      .map((candidate) => candidate.slice(key.length + 1));
    return Object.keys(value)
      .filter((name) => !known.includes(name))
      .map((name) => unknown([key], name, known));
  });
};

/** `feeds: x` is wrong as a section and again as feeds: one sentence is enough. */
const withoutRepeats = (found: readonly PipelineError[]): readonly PipelineError[] => {
  const byWords = found.map(
    (error) => [JSON.stringify([error.message, error.place]), error] as const,
  );
  return [...new Map(byWords).values()];
};

const readTree = (
  { projectFolder, flags }: ConfigRequest,
  file: YamlSource,
  variables: readonly Override[],
  tz: string | undefined,
): Compiled<ProjectConfig> => {
  const ofFlags = flags.map(({ key, flag, value }): Override => {
    return { path: key.split('.'), value, source: 'flag', origin: `flag ${flag}` };
  });
  const overrides = [...variables, ...ofFlags];
  const source = withOverrides(file, overrides);
  const zone = timeZoneOfMachine(tz);
  const read = readSettings(source, overrides, {
    name: { value: basename(resolve(projectFolder)), origin: 'default' },
    ...(zone === undefined ? {} : { timezone: { value: zone, origin: 'environment TZ' } }),
  });
  const feedsShape = shapes.mapOf(feedSettingsShape, shapes.namePattern, shapes.nameExpected);
  const feeds = checkShape(feedsShape.optional(), source, ['feeds']);
  const policies = readPolicies(source);
  const wrong = [
    ...findUnknown(source),
    ...read.wrong,
    ...(feeds.kind === 'problems' ? feeds.problems : []),
    ...(policies.kind === 'problems' ? policies.problems : []),
  ];
  if (wrong.length > 0 || feeds.kind === 'problems' || policies.kind === 'problems') {
    return problems(withoutRepeats(wrong));
  }
  return {
    kind: 'ok',
    value: {
      settings: read.values,
      origins: read.origins,
      feeds: feeds.value ?? {},
      policies: policies.value,
      source,
    },
  };
};

/** Reads the project's configuration: flag, environment, file, default. All problems at once. */
export const readConfig = async (
  request: ConfigRequest,
  effects: Pick<Effects, 'fs' | 'env'>,
): Promise<Compiled<ProjectConfig>> => {
  const file = await readFile(request.projectFolder, effects);
  const variables = environmentOverrides(effects.env);
  if (file.kind === 'ok' && variables.kind === 'ok') {
    return readTree(request, file.value, variables.value, effects.env.TZ);
  }
  return problems([file, variables].flatMap((one) => (one.kind === 'ok' ? [] : one.problems)));
};

/** The project's configuration without flags. A missing schoolhouse.yaml is an empty one. */
export const readProjectConfig = (
  projectFolder: string,
  effects: Pick<Effects, 'fs' | 'env'>,
): Promise<Compiled<ProjectConfig>> => readConfig({ projectFolder, flags: [] }, effects);
