import type { Effects } from '../base/index.ts';
import { isWarehouseCurrent, type Snapshot, writeWarehouse } from '../lake/index.ts';
import { ledgerNames } from './ledger/ledger.ts';
import { isShown, searchPath } from './open-reader.ts';

/** The relations that other tools see, and where unqualified names are sought. */
const optionsOf = (snapshot: Snapshot) => ({
  relations: Object.keys(snapshot.manifest.relations).filter(
    (name) => isShown(name) && !ledgerNames.includes(name),
  ),
  searchPath,
});

/** True when `warehouse.duckdb` shows this snapshot, whole. */
export const isWarehouseFresh = (
  dataFolder: string,
  snapshot: Snapshot,
  effects: Effects,
): Promise<boolean> => isWarehouseCurrent(dataFolder, snapshot, optionsOf(snapshot), effects);

/** Makes `warehouse.duckdb` anew when it does not show this snapshot. */
export const refreshWarehouse = async (
  dataFolder: string,
  snapshot: Snapshot,
  effects: Effects,
): Promise<void> => {
  if (await isWarehouseFresh(dataFolder, snapshot, effects)) return;
  await writeWarehouse(dataFolder, snapshot, optionsOf(snapshot), effects);
};
