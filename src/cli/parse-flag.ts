import { isDate, pipelineError } from '../base/index.ts';
import { cliErrors } from './errors.ts';

type Given = string | boolean | undefined;

const wrong = (flag: string, expected: string): Error =>
  pipelineError(cliErrors, 'cli.wrong-flag', { flag, expected });

/** A whole number from 0, or undefined when the flag was not given. */
export const parseCount = (flag: string, given: Given): number | undefined => {
  if (given === undefined) return undefined;
  if (typeof given !== 'string' || !/^\d{1,15}$/.test(given)) throw wrong(flag, 'a whole number');
  return Number(given);
};

/** A date `yyyy-mm-dd`, or undefined. */
export const parseDate = (flag: string, given: Given): string | undefined => {
  if (given === undefined) return undefined;
  if (typeof given !== 'string' || !isDate(given)) throw wrong(flag, 'a date such as 2025-06-01');
  return given;
};

const units: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };

/** Bytes of `1GB`, `512MB`, or undefined. */
export const parseSize = (flag: string, given: Given): number | undefined => {
  if (given === undefined) return undefined;
  const found =
    typeof given === 'string' ? /^(\d+(?:\.\d+)?)\s*([kmg]?)i?b?$/i.exec(given.trim()) : null;
  if (found === null) throw wrong(flag, 'a size such as 1GB or 512MB');
  return Math.round(Number(found[1]) * (units[(found[2] ?? '').toLowerCase()] ?? 1));
};

/** One of the given words, or undefined. */
export const parseChoice = <T extends string>(
  flag: string,
  given: Given,
  choices: readonly T[],
): T | undefined => {
  if (given === undefined) return undefined;
  const found = choices.find((choice) => choice === given);
  if (found === undefined) throw wrong(flag, choices.join(', '));
  return found;
};

/** Words of a list separated by commas, or undefined. */
export const parseList = (given: Given): readonly string[] | undefined =>
  typeof given === 'string'
    ? given
        .split(',')
        .map((word) => word.trim())
        .filter((word) => word !== '')
    : undefined;
