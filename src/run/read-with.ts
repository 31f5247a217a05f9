import { createHash } from 'node:crypto';
import type { Contract } from '../contract/index.ts';
import type { Project } from './open-project.ts';

const hashOf = (facts: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(facts)).digest('hex');

/** What decides how any file is read; a set-aside file is tried again when it changes. */
export const readWithHash = (project: Project): string => {
  const { settings } = project.config;
  return hashOf([
    project.readingHash,
    project.contracts.map((contract) => [contract.feed, contract.hash, contract.filePatterns]),
    settings['quarantine.budget_pct'],
    settings['quarantine.budget_rows'],
    settings['quarantine.orphan_budget'],
  ]);
};

/** What decides what the rows of one feed are read as; a loaded file keeps it with its rows. */
export const feedReadWithHash = (project: Project, contract: Contract): string => {
  const words = contract.columns.flatMap(({ type }) =>
    type.kind === 'code' ? [...(project.vocabularies.get(type.vocabulary) ?? [])] : [],
  );
  const policies = [...project.policies].filter(([key]) =>
    contract.rules.some((rule) => rule.refuseWhen.includes(`policy_${key.replaceAll('.', '_')}`)),
  );
  return hashOf([contract.hash, project.config.settings.timezone, words, policies]);
};
