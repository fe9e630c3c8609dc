/**
 * The settings of package.json have the very ranges and defaults that the code reads them by, an order, a description, and a
 * scope; what a workspace may set is ignored in Restricted Mode.
 */
import { isDeepStrictEqual } from 'node:util';
import { toJsonSchema } from '@valibot/to-json-schema';
import { choices } from '../../src/fill/defaults.ts';
import { section } from '../../src/ids.ts';

export interface SettingManifest {
  readonly capabilities: { readonly untrustedWorkspaces: { readonly restrictedConfigurations?: readonly string[] } };
  readonly contributes: {
    readonly configuration: { readonly properties: Readonly<Record<string, Readonly<Record<string, unknown>>>> };
  };
}

/** What VS Code takes a setting's range from. */
const kept = ['type', 'enum', 'minimum', 'maximum', 'maxLength'] as const;

/** Type, range and default of each setting, by its whole name, as package.json has them. */
export const settingSchemas = (): Readonly<Record<string, Readonly<Record<string, unknown>>>> =>
  Object.fromEntries(
    Object.entries(choices).map(([name, { schema, initial }]) => {
      const made = toJsonSchema(schema) as Record<string, unknown>;
      const [plain] = (made['anyOf'] as [Record<string, unknown>] | undefined) ?? [made];
      const type = plain['type'] ?? 'string';
      const read = { ...plain, type: made['anyOf'] === undefined ? type : [type, 'null'] };
      const entries = kept.filter((key) => key in read).map((key) => [key, (read as Record<string, unknown>)[key]]);
      return [`${section}.${name}`, { ...Object.fromEntries(entries), default: initial }];
    }),
  );

/** Settings that a workspace or a folder of it can say. */
export const openSettings = ({ contributes }: SettingManifest): readonly string[] =>
  Object.entries(contributes.configuration.properties)
    .filter(([, { scope }]) => scope !== 'machine' && scope !== 'application')
    .map(([name]) => name);

/** A sentence for each setting that differs from the code, or lacks something that people need. */
export function settingFaults(manifest: SettingManifest): string[] {
  const { properties } = manifest.contributes.configuration;
  const orders = Object.values(properties).map(({ order }) => order);
  const restricted = manifest.capabilities.untrustedWorkspaces.restrictedConfigurations ?? [];
  return [
    ...Object.entries(settingSchemas()).flatMap(([name, schema]) => {
      const given = properties[name];
      if (given === undefined) return [`package.json lacks the setting ${name}`];
      const names = [...kept, 'default'].filter((key) => key in schema || key in given);
      return names.every((key) => isDeepStrictEqual(given[key], schema[key]))
        ? []
        : [`${name} in package.json is out of date: npm run schema`];
    }),
    ...Object.entries(properties).flatMap(([name, { scope, markdownDescription }]) => [
      ...(scope === undefined ? [`${name} says no scope`] : []),
      ...(markdownDescription === undefined ? [`${name} has no markdownDescription`] : []),
    ]),
    ...(new Set(orders).size === orders.length && orders.every(Number.isInteger)
      ? []
      : ['two settings have the same order, or one has none']),
    ...(isDeepStrictEqual([...restricted].sort(), [...openSettings(manifest)].sort())
      ? []
      : ['restrictedConfigurations are not the settings that a workspace can say']),
  ];
}
