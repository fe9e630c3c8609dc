/** What a translation has to hold: every text, with the same places, links and code, and nothing that is no longer said. */

export const languages = ['de', 'zh-cn'] as const;

/** What must come through a translation as it is. */
const fixed = (text: string): string =>
  [...text.matchAll(/\{\w+\}|\]\((?:command:)?[^)]*\)|`[^`]*`|\$\([\w~-]+\)|--[a-z][a-z-]+|http\.\w+/g)]
    .map(([part]) => part)
    .sort()
    .join(' ');

/** A sentence for each fault. `english` and `translated` hold texts by the same keys. */
export function translationFaults(
  name: string,
  english: Readonly<Record<string, string>>,
  translated: Readonly<Record<string, string>>,
): string[] {
  return [
    ...Object.keys(english).flatMap((key) => {
      const text = translated[key];
      if (text === undefined || text.trim() === '') return [`${name} lacks ${key}`];
      return fixed(text) === fixed(english[key]) ? [] : [`${name} changes a place, link or code of ${key}: ${text}`];
    }),
    ...Object.keys(translated)
      .filter((key) => !(key in english))
      .map((key) => `${name} holds ${key}, which nobody says any more`),
  ];
}

/** Fields of a manifest that people read. */
const readFields =
  /^(title|description|markdownDescription|displayName|userDescription|altText|contents|placeholder|category)$/;
const readLists = /^(enumDescriptions|markdownEnumDescriptions|enumItemLabels)$/;

/** Names stay as they are in every language. */
const names = ['Flux Fill', 'Black Forest Labs', 'fal', 'Replicate'];

/** Texts that stand in the manifest itself, where no translator sees them. */
export function plainTexts(manifest: unknown): string[] {
  const found: string[] = [];
  const plain = (value: unknown): value is string =>
    typeof value === 'string' && !/^%[^%]+%$/.test(value) && !names.includes(value);
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      if (readFields.test(key) && plain(inner)) found.push(`package.json says “${inner}” in ${key}, not by a %key%`);
      if (readLists.test(key) && Array.isArray(inner))
        found.push(...inner.filter(plain).map((text) => `package.json says “${text}” in ${key}, not by a %key%`));
      // What a schema says is for models.
      if (key !== 'inputSchema') look(inner);
    }
  };
  look(manifest);
  return found;
}
