/** The command line behind a company's proxy, with its own certificate authority, and in networks that come and go. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { after, before, suite, test } from 'node:test';
import { compare, decode } from '../e2e/judge.ts';
import { makeAuthority } from '../servers/authority.ts';
import { secureNames } from '../servers/hosts.ts';
import { startProxy, type Proxy } from '../servers/proxy.ts';
import { canary } from '../services/harness.ts';
import { home, isOutside, nothingSent, prompt, rect, viewOf, type Home } from './rig.ts';

const credentials = 'ann:s3cret-of-ann';

let authority: Awaited<ReturnType<typeof makeAuthority>>;
before(async () => {
  authority = await makeAuthority(secureNames);
});
after(() => authority[Symbol.asyncDispose]());

/** What is in the environment of a person behind the proxy. */
const behind = (proxy: Proxy): Record<string, string> => ({
  HTTPS_PROXY: proxy.url,
  NODE_EXTRA_CA_CERTS: authority.file,
});

const args = (here: Home): string[] => [
  'photo.png',
  '--rect',
  rect,
  '--prompt',
  prompt,
  '--base-url',
  here.emulator.url,
];

const savedOnce = async (here: Home): Promise<void> => {
  assert.equal(here.submits(), 1);
  assert.deepEqual(await here.names(), ['photo.fill-001.png', 'photo.png']);
};

suite('behind a proxy', { concurrency: 3 }, () => {
  test('with a user, a password and a private authority: saved, and key and prompt stay in the tunnel', async () => {
    await using here = await home({ tls: authority.issued });
    await using proxy = await startProxy(here.emulator.places, { credentials });
    const environment = { ...behind(proxy), HTTPS_PROXY: proxy.url.replace('//', `//${credentials}@`) };
    const ended = await here.run([...args(here), '--json'], environment);
    assert.equal(ended.code, 0, ended.stderr);
    assert.equal(compare(await decode(here.photo), await decode(viewOf(ended).path!), isOutside).outside, 0);
    await savedOnce(here);
    assert.deepEqual(
      new Set(proxy.asked.map(({ method, target }) => `${method} ${target}`)),
      new Set(secureNames.map((name) => `CONNECT ${name}:443`)),
    );
    assert.ok(proxy.served() >= 2);
    assert.ok(proxy.seen().length > 10_000);
    for (const secret of [canary, prompt, 'iVBORw0KGgo', 'get_result'])
      assert.ok(!proxy.seen().includes(secret), secret);
    assert.ok(!(ended.stdout + ended.stderr).includes('s3cret-of-ann'));
  });

  test('an authority that this machine does not know: exit 7, and nothing is sent', async () => {
    await using here = await home({ tls: authority.issued });
    await using proxy = await startProxy(here.emulator.places);
    const { code, stderr } = await here.run(args(here), { HTTPS_PROXY: proxy.url });
    assert.equal(code, 7, stderr);
    assert.match(stderr, /api\.example\.com is not trusted on this machine .*NODE_EXTRA_CA_CERTS/);
    assert.match(stderr, /nothing is charged/);
    assert.equal(proxy.served(), 1);
    nothingSent(here.emulator);
  });

  test('a proxy that asks who we are: exit 7, in a sentence of its own, after one question', async () => {
    await using here = await home({ tls: authority.issued });
    await using proxy = await startProxy(here.emulator.places, { credentials });
    const { code, stderr } = await here.run(args(here), behind(proxy));
    assert.equal(code, 7, stderr);
    assert.match(stderr, /The proxy asks for a user and a password.*, or does not accept those it got\. HTTPS_PROXY/);
    assert.equal(proxy.asked.length, 1);
    nothingSent(here.emulator);
  });

  test('a password with signs of an address in it: named as such as it is, and served once they are coded', async () => {
    await using here = await home({ tls: authority.issued });
    await using proxy = await startProxy(here.emulator.places, { credentials: 'ann:p@ss:w/rd#1' });
    const through = (password: string): Record<string, string> => ({
      ...behind(proxy),
      HTTPS_PROXY: proxy.url.replace('//', `//ann:${password}@`),
    });
    const raw = await here.run(args(here), through('p@ss:w/rd#1'));
    assert.equal(raw.code, 2, raw.stderr);
    assert.match(raw.stderr, /The address of the proxy .* write %40 for @, %3A for :, %2F for \/ and %23 for #\./);
    nothingSent(here.emulator);
    const coded = await here.run(args(here), through('p%40ss%3Aw%2Frd%231'));
    assert.equal(coded.code, 0, coded.stderr);
    await savedOnce(here);
  });

  test('a SOCKS proxy: named as such before anything is sent, and in no way of what does not ask it', async () => {
    await using here = await home({ tls: authority.issued });
    await using proxy = await startProxy(here.emulator.places);
    let connections = 0;
    const listener = createServer(() => connections++).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as AddressInfo;
    for (const scheme of ['socks5', 'socks5h', 'SOCKS4', 'socks']) {
      const environment = { ...behind(proxy), HTTPS_PROXY: `${scheme}://ann:p@ss@127.0.0.1:${port}` };
      const { code, stderr } = await here.run(args(here), environment);
      assert.equal(code, 7, stderr);
      assert.match(
        stderr,
        /names a SOCKS proxy, to which Flux Fill does not speak\. .* api\.example\.com into NO_PROXY\./,
      );
      assert.match(stderr, /nothing is charged/);
      assert.doesNotMatch(stderr, /Warning/);
    }
    assert.equal(connections, 0);
    nothingSent(here.emulator);
    const free = await here.run(['photo.png', '--rect', rect, '--service', 'practice'], {
      HTTPS_PROXY: `socks5://127.0.0.1:${port}`,
    });
    assert.equal(free.code, 0, free.stderr);
    listener.close();
  });

  test('a proxy that closes every connection: exit 7 after one question, and the same command works once it is back', async () => {
    await using here = await home({ tls: authority.issued });
    await using proxy = await startProxy(here.emulator.places, { manner: 'close' });
    const { code, stderr } = await here.run(args(here), behind(proxy));
    assert.equal(code, 7, stderr);
    assert.match(stderr, /The proxy let nothing through from this machine to api\.example\.com/);
    assert.match(stderr, /The service has not got the request, and nothing is charged/);
    assert.equal(proxy.asked.length, 1);
    assert.deepEqual(await here.open(), []);
    nothingSent(here.emulator);
    proxy.control({ manner: 'serve' });
    const again = await here.run(args(here), behind(proxy));
    assert.equal(again.code, 0, again.stderr);
    await savedOnce(here);
  });

  test('a network that goes away under a running job: said once, asked a few times, and saved when it is back', async () => {
    await using here = await home({ tls: authority.issued, scenario: 'slow' });
    await using proxy = await startProxy(here.emulator.places);
    const started = here.start(args(here), { ...behind(proxy), FLUX_FILL_LOG: '1' });
    await started.said(/^submitted 13 %/m);
    const before = proxy.asked.length;
    proxy.control({ manner: 'close' });
    proxy.drop();
    await started.said(/^The proxy let nothing through/m);
    await started.said(/(?:asking again[^]*){2}/);
    const during = proxy.asked.length - before;
    proxy.control({ manner: 'serve' });
    const { code, stderr } = await started.ended;
    assert.equal(code, 0, stderr);
    assert.ok(during <= 3, `${during} questions while the network was away`);
    assert.equal(stderr.match(/^The proxy let nothing through/gm)?.length, 1);
    await savedOnce(here);
  });
});
