import { z } from 'zod';
import {
  columnTypeShape,
  driftShape,
  encodingShape,
  loadStrategyShape,
  patternShape,
  privacyShape,
  referenceShape,
  typeChangeShape,
  valueMapShape,
} from './feed-settings.ts';
import * as shapes from './text-shapes.ts';

/** Part of the standard that decides nothing here: what is in it is not looked at. */
const unused = z.unknown().optional();

const customPropertyShape = shapes.section({
  property: shapes.text(),
  value: z.unknown(),
  id: unused,
  description: unused,
});

const customPropertiesShape = shapes.listOf(customPropertyShape).optional();

const element = {
  id: unused,
  physicalType: unused,
  businessName: unused,
  authoritativeDefinitions: unused,
  tags: unused,
  customProperties: customPropertiesShape,
};

const descriptionShape = shapes.section({
  purpose: shapes.text().optional(),
  usage: unused,
  limitations: unused,
  authoritativeDefinitions: unused,
  customProperties: unused,
});

const logicalTypeOptionsShape = shapes.section({
  format: shapes.text().optional(),
  maxLength: shapes.wholeNumber(1).optional(),
  maximum: shapes.decimal().optional(),
  minimum: shapes.decimal().optional(),
  pattern: patternShape.optional(),
});

const propertyShape = shapes.section({
  ...element,
  name: shapes.name,
  physicalName: shapes.text().optional(),
  description: shapes.text().optional(),
  logicalType: shapes
    .choice(['string', 'date', 'timestamp', 'number', 'integer', 'boolean'])
    .optional(),
  logicalTypeOptions: logicalTypeOptionsShape.optional(),
  primaryKey: shapes.yesNo.optional(),
  primaryKeyPosition: shapes.wholeNumber(-1).optional(),
  required: shapes.yesNo.optional(),
  unique: shapes.yesNo.optional(),
  classification: privacyShape.optional(),
  relationships: shapes
    .listOf(
      shapes.section({
        to: referenceShape,
        type: shapes.choice(['foreignKey']).optional(),
        customProperties: unused,
      }),
    )
    .optional(),
  quality: shapes.listOf(z.unknown()).optional(),
  partitioned: unused,
  partitionKeyPosition: unused,
  encryptedName: unused,
  transformSourceObjects: unused,
  transformLogic: unused,
  transformDescription: unused,
  examples: unused,
  criticalDataElement: unused,
});

const reference = z.preprocess(
  (raw) => (Array.isArray(raw) && raw.length === 1 ? raw[0] : raw),
  referenceShape,
);

const objectShape = shapes.section({
  ...element,
  name: shapes.name,
  physicalName: unused,
  logicalType: shapes.choice(['object']).optional(),
  description: shapes.text().optional(),
  dataGranularityDescription: unused,
  properties: shapes.listOf(propertyShape, 'a list of properties'),
  relationships: shapes
    .listOf(
      shapes.section({
        from: reference,
        to: reference,
        type: shapes.choice(['foreignKey']).optional(),
        customProperties: unused,
      }),
    )
    .optional(),
  quality: shapes.listOf(z.unknown()).optional(),
});

/** ODCS 3.1 (https://bitol-io.github.io/open-data-contract-standard/), as far as it decides what is loaded. */
export const odcsShape = shapes.section({
  apiVersion: shapes.matching(/^v3\.[01]\.\d+$/, 'v3.1.0'),
  kind: shapes.choice(['DataContract']),
  id: shapes.text(),
  version: shapes.text(),
  status: shapes.text(),
  name: unused,
  domain: unused,
  tenant: unused,
  tags: unused,
  dataProduct: unused,
  description: descriptionShape.optional(),
  schema: shapes.listOf(objectShape, 'a list with one object'),
  servers: unused,
  support: unused,
  price: unused,
  team: unused,
  roles: unused,
  slaDefaultElement: unused,
  slaProperties: unused,
  authoritativeDefinitions: unused,
  customProperties: unused,
  contractCreatedTs: unused,
});

/** Our custom properties of a feed. */
export const feedPropertiesShape = shapes.section({
  loadStrategy: loadStrategyShape.optional(),
  naturalKey: shapes.textList(shapes.name).optional(),
  naturalKeyUnique: shapes.yesNo.optional(),
  newestBy: shapes.name.optional(),
  filePatterns: shapes.textList(shapes.text()).optional(),
  records: shapes.text().optional(),
  encoding: encodingShape.optional(),
  nullTokens: shapes.textList().optional(),
  onNewColumn: driftShape.optional(),
  onMissingColumn: driftShape.optional(),
  onTypeChange: typeChangeShape.optional(),
});

const code = shapes.matching(/^[a-z][a-z0-9_]*$/, 'a code of small letters, digits and _');

/** Our custom properties of a column. */
export const columnPropertiesShape = shapes.section({
  columnType: columnTypeShape.optional(),
  aliases: shapes.textList(shapes.text()).optional(),
  happened: shapes.yesNo.optional(),
  nullTokens: shapes.textList().optional(),
  vocabulary: shapes.name.optional(),
  valueMap: valueMapShape.optional(),
  unlisted: shapes.text('quarantine, or a code').optional(),
  blank: shapes.text('a code').optional(),
  blankPolicy: shapes.text('a policy whose values are quarantine and codes').optional(),
  codes: shapes
    .section({
      invalid: code.optional(),
      missing: code.optional(),
      range: code.optional(),
      pattern: code.optional(),
    })
    .optional(),
});

/** A rule of ours among an object's quality rules. */
export const rowRuleShape = shapes.section({
  type: shapes.choice(['custom']),
  engine: shapes.choice(['schoolhouse']),
  description: shapes.text(),
  implementation: shapes.section({
    code,
    column: shapes.name.optional(),
    refuseWhen: shapes.text('SQL over the columns'),
  }),
  id: unused,
  name: unused,
  dimension: unused,
  severity: unused,
  businessImpact: unused,
  tags: unused,
  customProperties: unused,
});

type OutputOf<S> = S extends shapes.Shape<infer T> ? T : never;
export type OdcsObject = OutputOf<typeof objectShape>;
export type OdcsProperty = OutputOf<typeof propertyShape>;
export type FeedProperties = OutputOf<typeof feedPropertiesShape>;
export type ColumnProperties = OutputOf<typeof columnPropertiesShape>;
