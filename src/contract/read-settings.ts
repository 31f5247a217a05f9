import type { PipelineError } from '../base/index.ts';
import { checkShape } from './check-shape.ts';
import type { Override } from './config-overrides.ts';
import { type SettingKey, type SettingSource, type SettingValues, settings } from './settings.ts';
import { valueAt, type YamlSource } from './yaml-source.ts';

/** Where each setting came from: `schoolhouse.yaml:4`, `environment …`, `flag …`, `default`. */
export type SettingOrigins = Readonly<
  Record<SettingKey, { readonly source: SettingSource; readonly origin: string }>
>;

/** Keys of every setting, such as `run.memory_limit`, in the order of their table. */
export const settingKeys = Object.keys(settings) as readonly SettingKey[];

/** A default that depends on the project or the machine. */
export type FoundDefault = { readonly value: string; readonly origin: string };

export type SettingsRead = {
  readonly values: SettingValues;
  readonly origins: SettingOrigins;
  /** Not empty: the values are not whole and must not be used. */
  readonly wrong: readonly PipelineError[];
};

/** Reads every setting of the table from a tree in which flags and environment already won. */
export const readSettings = (
  source: YamlSource,
  overrides: readonly Override[],
  defaults: Readonly<Partial<Record<SettingKey, FoundDefault>>>,
): SettingsRead => {
  const values: Partial<Record<SettingKey, unknown>> = {};
  const origins: Partial<Record<SettingKey, SettingOrigins[SettingKey]>> = {};
  const wrong: PipelineError[] = [];
  for (const key of settingKeys) {
    const path = key.split('.');
    if (valueAt(source.value, path) === undefined) {
      const found = defaults[key];
      values[key] = found === undefined ? settings[key].default : found.value;
      origins[key] = { source: 'default', origin: found?.origin ?? 'default' };
      continue;
    }
    const checked = checkShape<unknown>(settings[key].shape, source, path);
    if (checked.kind === 'problems') wrong.push(...checked.problems);
    else values[key] = checked.value;
    const override = overrides.findLast((one) => one.path.join('.') === key);
    const { file, line } = source.placeOf(path);
    const origin = override?.origin ?? (line === undefined ? file : `${file}:${line}`);
    origins[key] = { source: override?.source ?? 'file', origin };
  }
  // Each value was read by the shape of its own key, which the type of a loop cannot say.
  return { values: values as SettingValues, origins: origins as SettingOrigins, wrong };
};
