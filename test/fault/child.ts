import { writeFileSync } from 'node:fs';
import { nodeEffects } from '../../src/base/index.ts';
import { main } from '../../src/cli/main.ts';
import type { FaultPlan } from './fault-plan.ts';
import { faultyEffects, planFaults } from './faulty-effects.ts';
import { recordingEffects } from './recording-effects.ts';

// The real program, in a world that fails where FAULT_PLAN says. FAULT_NOW: its clock stands at that moment,
// so that two runs that were killed at the same point leave the same bytes.
process.umask(0o077);

const plan: FaultPlan =
  process.env.FAULT_PLAN === undefined ? { kind: 'count' } : JSON.parse(process.env.FAULT_PLAN);
const real = await nodeEffects();
const moment = process.env.FAULT_NOW;
const timed =
  moment === undefined || moment === '' ? real : { ...real, now: () => new Date(moment) };
const journal = process.env.FAULT_JOURNAL;
const faults = planFaults(plan);
const effects =
  plan.kind === 'record' && journal !== undefined
    ? recordingEffects(timed, journal)
    : faultyEffects(timed, faults);
await main(process.argv, effects);
const calls = process.env.FAULT_CALLS;
if (calls !== undefined) writeFileSync(calls, JSON.stringify(faults.calls));
