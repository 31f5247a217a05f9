export {
  type ColumnType,
  type Contract,
  type ContractColumn,
  type RowRule,
  studentFeed,
} from './contract.ts';
export { feedSettingKeys } from './feed-settings.ts';
export { type Drift, noDrift } from './judge-drift.ts';
export { type ListedSetting, listSettings } from './list-settings.ts';
export { type FeedMatch, matchFeed } from './match-feed.ts';
export { batchDateOf, matchesFilePattern } from './match-file-name.ts';
export { type HeaderMatch, looksLikeName, matchHeader } from './match-header.ts';
export { type Policy, type PolicyType, policies } from './policies.ts';
export { configFile, type ProjectConfig, readProjectConfig } from './project-config.ts';
export { readContracts } from './read-contracts.ts';
export type { PolicyRow } from './read-policies.ts';
export {
  type ProjectPolicies,
  policyValue,
  projectPolicies,
  resolvePolicies,
} from './resolve-policies.ts';
export { type SettingKey, settings } from './settings.ts';
