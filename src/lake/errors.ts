import { locked, technical, usage } from '../base/index.ts';

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

export const lakeErrors = {
  'lake.part-cut': technical(
    (f: { part: string; run: number; expectedBytes: number; foundBytes: number | null }) =>
      f.foundBytes === null
        ? `${f.part}, a part of snapshot ${f.run}, is missing.`
        : `${f.part}, a part of snapshot ${f.run}, has ${f.foundBytes} bytes instead of ${f.expectedBytes}.`,
  ),
  'lake.part-altered': technical(
    (f: { part: string }) =>
      `${f.part} is not the file that was committed: its SHA-256 differs. It was not used, and nothing was changed.`,
  ),
  'lake.part-exists': technical(
    (f: { part: string }) =>
      `${f.part} exists already; a part is never written twice. Nothing was changed.`,
  ),
  'lake.part-differs': technical(
    (f: { relation: string; what: string }) =>
      `A part of ${f.relation} was not written as declared (${f.what}). Nothing was changed.`,
  ),
  'lake.newer-format': technical(
    (f: { manifest: string; format: number; known: number }) =>
      `${f.manifest} has lake format ${f.format}; this program reads up to ${f.known}.`,
  ),
  'lake.no-good-snapshot': technical(
    (f: { manifests: number }) => `None of the ${f.manifests} manifests of the lake verifies.`,
  ),
  'lake.unknown-snapshot': usage(
    (f: { run: number; kept: string }) => `There is no snapshot ${f.run}. Kept: ${f.kept}.`,
  ),
  'lake.unknown-relation': usage(
    (f: { relation: string; run: number }) => `Snapshot ${f.run} has no relation ${f.relation}.`,
  ),
  'lake.view-cycle': usage(
    (f: { relation: string }) => `The view ${f.relation} reads itself through other views.`,
  ),
  'lake.columns': usage(
    (f: { relation: string; problems: string }) =>
      `The query of ${f.relation} does not fit its columns: ${f.problems}.`,
  ),
  'lake.disk': technical(
    (f: {
      act: string;
      path: string;
      reason: string;
      neededBytes: number | null;
      freeBytes: number | null;
    }) =>
      `Could not ${f.act} ${f.path} (${f.reason}${f.neededBytes === null ? '' : `, ${megabytes(f.neededBytes)} needed`}${f.freeBytes === null ? '' : `, ${megabytes(f.freeBytes)} free`}).`,
  ),
  'lake.moved-on': technical(
    (f: { run: number }) =>
      `Another run committed while run ${f.run} was working. Nothing of run ${f.run} was committed.`,
  ),
  'lake.lock-lost': technical(
    (f: { path: string }) =>
      `The lock ${f.path} was taken away while the run was working. Nothing was committed.`,
  ),
  'lake.lease-ended': technical(
    (f: { run: number }) => `Snapshot ${f.run} was erased while it was being read.`,
  ),
  'lake.warehouse-wal': technical(
    (f: { path: string }) => `${f.path} was left with a write-ahead log and was thrown away.`,
  ),
  'run.locked': locked(
    (f: { run: number | null; pid: number | null; command: string; since: string }) => {
      const known = [
        ...(f.pid === null ? [] : [`pid ${f.pid}`]),
        ...(f.command === '' ? [] : [f.command]),
        ...(f.since === '' ? [] : [`since ${f.since}`]),
      ].join(', ');
      const who = f.run === null ? 'Another run' : `Run ${f.run}`;
      return `${who}${known === '' ? '' : ` (${known})`} is writing. Nothing was changed.`;
    },
  ),
} as const;
