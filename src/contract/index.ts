export {
  type ColumnType,
  type Contract,
  type ContractColumn,
  type DriftPolicy,
  type LoadStrategy,
  type Privacy,
  type Relationship,
  type RowRule,
  studentFeed,
} from './contract.ts';
export { contractErrors } from './errors.ts';
export { feedSettingKeys } from './feed-settings.ts';
export { type Drift, noDrift } from './judge-drift.ts';
export { type ListedSetting, listSettings } from './list-settings.ts';
export { type FeedMatch, matchFeed } from './match-feed.ts';
export { batchDateOf, matchesFilePattern } from './match-file-name.ts';
export { type HeaderMatch, looksLikeName, matchHeader } from './match-header.ts';
export { type Policy, type PolicyScope, type PolicyType, policies } from './policies.ts';
export {
  type ConfigRequest,
  configFile,
  type ProjectConfig,
  readConfig,
  readProjectConfig,
} from './project-config.ts';
export { type ContractFolders, readContracts } from './read-contracts.ts';
export type { PolicyRow, ScopeType } from './read-policies.ts';
export {
  type ProjectPolicies,
  policyValue,
  projectPolicies,
  resolvePolicies,
} from './resolve-policies.ts';
export {
  type Setting,
  type SettingKey,
  type SettingSource,
  type SettingValues,
  settings,
} from './settings.ts';
