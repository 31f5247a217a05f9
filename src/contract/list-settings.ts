import type { ProjectConfig } from './project-config.ts';
import { type SettingKey, type SettingKind, type SettingSource, settings } from './settings.ts';

export type ListedSetting = {
  readonly key: SettingKey;
  readonly kind: SettingKind;
  readonly description: string;
  /** The default as documents say it. */
  readonly defaultSaid: string;
  /** The environment variable that sets it. */
  readonly variable: string;
  /** The value as text, `***` for a secret that is set. */
  readonly value: string;
  readonly source: SettingSource;
  /** `schoolhouse.yaml:4`, `environment SCHOOLHOUSE__LAKE__KEEP`, `flag --memory-limit`, `default`. */
  readonly origin: string;
};

const said = (value: unknown): string => {
  if (value === null) return 'none';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(', ');
  return String(value);
};

/** Every setting with its value and where that came from, in the order of the documents. Secrets are masked. */
export const listSettings = (
  config: Pick<ProjectConfig, 'settings' | 'origins'>,
): readonly ListedSetting[] =>
  (Object.keys(settings) as readonly SettingKey[]).map((key) => {
    const { kind, description, secret, ...setting } = settings[key];
    const defaultSaid = 'defaultSaid' in setting ? setting.defaultSaid : undefined;
    const value = config.settings[key];
    return {
      key,
      kind,
      description,
      defaultSaid: defaultSaid ?? said(setting.default),
      variable: `SCHOOLHOUSE__${key.replaceAll('.', '__').toUpperCase()}`,
      value: secret && value !== null ? '***' : said(value),
      ...config.origins[key],
    };
  });
