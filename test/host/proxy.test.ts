/** The client of a service with the fetch that this VS Code gives its extensions, behind a real proxy. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { systemClock } from '../../src/host/clock.ts';
import { sentenceOf } from '../../src/host/sentence.ts';
import { fault, ok } from '../../src/fill/faults.ts';
import { createBfl } from '../../src/services/bfl.ts';
import { startProxy, type Asked, type Settings } from '../servers/proxy.ts';
import { test } from './suite.ts';

/** A name that no name server ever knows (RFC 2606). */
const host = 'api.fill.invalid';

const told: string[] = [];
const service = createBfl({
  baseUrl: `https://${host}`,
  fetch: () => globalThis.fetch,
  key: () => Promise.resolve(ok('canary-key')),
  clock: systemClock,
  log: (_level, text) => told.push(text),
});

/** Where the user and the password of the proxy stand. */
interface How {
  readonly user?: string;
  readonly authorization?: string;
}

/** Asks for the account with a proxy in the settings of the user; gives the fault and what the proxy was asked for. */
const askThrough = async (given: Partial<Settings>, support = 'override', how: How = {}) => {
  await using proxy = await startProxy({}, given);
  const http = vscode.workspace.getConfiguration('http');
  const set = (name: string, value: string | undefined) => http.update(name, value, vscode.ConfigurationTarget.Global);
  await set('proxy', how.user === undefined ? proxy.url : proxy.url.replace('//', `//${how.user}@`));
  await set('proxyAuthorization', how.authorization);
  await set('proxySupport', support);
  try {
    const account = await service.account!(new AbortController().signal);
    assert.ok(!account.ok);
    const asked: readonly Asked[] = proxy.asked.filter(({ target }) => target.startsWith(host));
    return { why: account.fault, asked };
  } finally {
    await set('proxy', undefined);
    await set('proxyAuthorization', undefined);
    await set('proxySupport', undefined);
  }
};

test('http.proxy is asked for a tunnel; one that refuses is named as the reason', async () => {
  const { why, asked } = await askThrough({ manner: 'refuse' });
  assert.deepEqual([why.code, why.args['cause']], ['network.proxy', 'HTTP 403']);
  assert.deepEqual(asked, [{ method: 'CONNECT', target: `${host}:443`, authorization: undefined }]);
});

test('a proxy that wants a user and a password says so', async () => {
  const { why, asked } = await askThrough({ credentials: 'ann:secret' });
  assert.equal(why.code, 'network.proxyAuth');
  assert.equal(asked.length, 1);
});

test('its user and password are taken from http.proxy, and http.proxyAuthorization does not reach extensions', async () => {
  const authorization = `Basic ${Buffer.from('ann:secret').toString('base64')}`;
  const elsewhere = await askThrough({ credentials: 'ann:secret' }, 'override', { authorization });
  assert.equal(elsewhere.why.code, 'network.proxyAuth');
  assert.ok(elsewhere.asked.every((each) => each.authorization === undefined));
  const named = await askThrough({ credentials: 'ann:secret', manner: 'refuse' }, 'override', { user: 'ann:secret' });
  assert.deepEqual(
    [named.why.code, named.why.args['cause']],
    ['network.proxy', 'HTTP 403'],
    'it got past the question',
  );
  assert.equal(named.asked.at(-1)?.authorization, authorization);
});

test('a proxy that closes every connection does not keep VS Code busy', async () => {
  const { why, asked } = await askThrough({ manner: 'close' });
  assert.equal(why.code, 'network.proxy');
  assert.ok(asked.length > 0 && asked.length < 100, `${asked.length} times`);
});

test('a tunnel that is cut in the handshake is a service that cannot be reached', async () => {
  assert.equal((await askThrough({ manner: 'cut' })).why.code, 'network.unreachable');
});

test('http.proxySupport off means no proxy', async () => {
  const { why, asked } = await askThrough({ manner: 'refuse' }, 'off');
  assert.equal(why.code, 'network.unreachable');
  assert.deepEqual(asked, []);
});

test('an error of the network names this machine, or the remote one that the extension runs on', () => {
  const sentence = sentenceOf(fault('network.unreachable', { host, cause: 'ENOTFOUND' }));
  const remote = vscode.env.remoteName;
  const machine = remote === undefined ? 'this machine' : `the remote machine`;
  assert.ok(sentence.startsWith(`${host} cannot be reached from ${machine}`), sentence);
  assert.equal(remote === undefined || sentence.includes(`(${remote})`), true, sentence);
  assert.match(sentence, /http\.proxy/);
});

test('the key was told to nobody', () => {
  assert.ok(told.length > 0);
  assert.ok(!told.join('\n').includes('canary-key'));
});
