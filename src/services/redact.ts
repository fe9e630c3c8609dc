/** Text for logs and messages: without keys, signatures, image data or the echo of a request. */

import { sentences } from '../fill/sentences.ts';

const longest = 300;

/** Texts that messages are kept free of: one of two letters would blank out half of every message. */
export const worthHiding = (...texts: readonly string[]): string[] => texts.filter((text) => text.length >= 4);

/** Drops every `input` of an error body: FastAPI puts the whole request there (facts: github.com/vercel/ai/issues/14351). */
const withoutEcho = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutEcho);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, name === 'input' ? '[…]' : withoutEcho(inner)]),
  );
};

const dropEcho = (text: string): string => {
  try {
    return JSON.stringify(withoutEcho(JSON.parse(text)));
  } catch {
    return text.replace(/["']input["']\s*:[\s\S]*$/, '"input":"[…]"');
  }
};

/** An address without its credentials, query and fragment: those can be capabilities. */
export const safeUrl = (text: string): string => {
  if (!URL.canParse(text)) return '[address]';
  const url = new URL(text);
  const hidden = url.search === '' ? '' : '?[…]';
  return `${url.protocol}//${url.host}${url.pathname}${hidden}`;
};

/** Values in a line of the log that say nothing of a person or their machine. */
const plainArgs = ['cause', 'channel', 'format', 'service', 'state', 'type'];

/**
 * Makes a line of the log safe for strangers: besides what `redact` takes out, `hidden` names, paths, file names, and all
 * addresses and hosts. Numbers, codes and ids of tasks stay.
 */
export const anonymous = (line: string, hidden: readonly string[] = []): string =>
  redact(line, hidden)
    .replace(/"(\w+)":"((?:[^"\\]|\\.)*)"/g, (whole, name: string) =>
      plainArgs.includes(name) ? whole : `"${name}":"[…]"`,
    )
    .replace(/\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>\\)]*/gi, '[address]')
    .replace(/(?:\b[a-z]:|~)?(?:[\\/][^\\/\s"'<>:()]+){2,}[\\/]?/gi, '[path]')
    .replace(/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b|\b(?:[0-9a-f]{1,4}:){3,}[0-9a-f:]+/gi, '[name]')
    .replace(/[^\s"'/\\]+\.(png|jpe?g|webp|gif|json)\b/gi, '[file].$1')
    .replace(/(?<![\w.[\]])[\w-]+(?:@[\w-]+)?(?:\.[\w-]+)*\.[a-z]{2,}(?::\d+)?(?![\w.])/gi, (word) =>
      /^(fluxFill|http|\d)\./.test(word) || Object.hasOwn(sentences, word) ? word : '[name]',
    );

/**
 * Makes a text safe for the log, at most 300 characters long. `hidden` are strings that must never appear (key, webhook
 * secret, prompt); the empty string is ignored. Also removed: values of key headers, whatever follows the `?` of an
 * address, `sig=` and `se=` values, runs of base64 of 60 and more characters, and the `input` of FastAPI's 422.
 */
export const redact = (text: string, hidden: readonly string[] = []): string => {
  const covered = hidden
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)])
    .filter((secret) => secret !== '')
    .sort((a, b) => b.length - a.length)
    .reduce((rest, secret) => rest.replaceAll(secret, '[hidden]'), dropEcho(text));
  const clean = covered
    .replace(/\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>\\]+/gi, safeUrl)
    .replace(/data:[\w/+.-]+;base64,[^\s"'<>]*/gi, '[data]')
    .replace(/\b(x-key|x-api-key|api[_-]?key|webhook_secret)(["']?\s*[:=]\s*["']?)[^\s"',}&]+/gi, '$1$2[hidden]')
    .replace(/\b(authorization)(["']?\s*[:=]\s*["']?)(\w+\s+)?[^\s"',}]+/gi, '$1$2[hidden]')
    .replace(/\b(?:bfl_|r8_)[\w-]+/gi, '[hidden]')
    .replace(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}:[0-9a-f]{16,}/gi, '[hidden]')
    .replace(/\b(sig|se|sv|skoid|token|signature)=[^&\s"'<>]+/gi, '$1=[…]')
    .replace(/[A-Za-z0-9+/_-]{60,}={0,2}/g, '[base64]');
  return clean.length > longest ? `${clean.slice(0, longest)}…` : clean;
};
